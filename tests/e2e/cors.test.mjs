// Pages of other origins: what they may read of us (Fetch, 3.2).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, pkce } from './browser.mjs';
import { startTessera } from './harness.mjs';

const own = 'https://spa.example';
const password = 'anna is a long password';

async function startPeople(t) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }] });
  await server.apply('tests/e2e/realms/people.toml');
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
  return { server, base: `${server.url}/realms/people/oauth2`, keycloak: `${server.url}/realms/people/protocol/openid-connect` };
}

const shared = (answer) => answer.headers.get('access-control-allow-origin');
const from = (origin, headers = {}) => ({ ...headers, Origin: origin });
const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });
const preflight = (url, method, origin = own) =>
  fetch(url, { method: 'OPTIONS', headers: from(origin, { 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'authorization' }) });

/** Nothing is ever shared with the cookies of a browser. */
function requireNoCredentials(answer) {
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  return answer;
}

test('a page may ask, and read what its own client is told', async (t) => {
  const { base } = await startPeople(t);
  const { verifier, challenge } = pkce();
  const client = { client_id: 'spa', redirect_uri: `${own}/cb` };
  const asked = { ...client, response_type: 'code', scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256' };
  const browser = new Browser();
  const { code } = (await browser.signIn(await browser.fetch(`${base}/authorize?${new URLSearchParams(asked)}`), 'anna', password)).query;

  for (const [path, method] of [['token', 'POST'], ['userinfo', 'GET'], ['revoke', 'POST'], ['jwks', 'GET']]) {
    const answer = requireNoCredentials(await preflight(`${base}/${path}`, method));
    assert.deepEqual([answer.status, shared(answer)], [204, '*'], path);
    assert.ok(answer.headers.get('access-control-allow-methods').split(', ').includes(method), path);
    assert.match(answer.headers.get('access-control-allow-headers'), /\bAuthorization\b/);
  }
  const granted = requireNoCredentials(
    await fetch(`${base}/token`, { ...form({ ...client, grant_type: 'authorization_code', code, code_verifier: verifier }), headers: from(own) }),
  );
  assert.deepEqual([granted.status, shared(granted), granted.headers.get('vary')], [200, own, 'Origin']);
  const { access_token } = await granted.json();
  const ask = (origin) => fetch(`${base}/userinfo`, { headers: from(origin, { Authorization: `Bearer ${access_token}` }) });
  const info = requireNoCredentials(await ask(own));
  assert.deepEqual([info.status, shared(info)], [200, own]);
  assert.match(info.headers.get('access-control-expose-headers'), /WWW-Authenticate/);

  for (const other of ['https://spa.example.evil', 'https://web.example', 'http://spa.example', 'https://spa.example:444', 'null']) {
    const answer = await ask(other);
    assert.deepEqual([answer.status, shared(answer), answer.headers.get('vary')], [200, null, 'Origin'], other);
  }
  const revoked = await fetch(`${base}/revoke`, { ...form({ client_id: 'spa', token: access_token }), headers: from(own) });
  assert.deepEqual([revoked.status, shared(revoked)], [200, own]);
  const dead = await ask(own);
  assert.deepEqual([dead.status, shared(dead)], [401, own], 'its own refusals too');
});

test('what is wrong is told to the pages of the client that is named only', async (t) => {
  const { server, base, keycloak } = await startPeople(t);
  const refused = async (url, fields, origin) => {
    const answer = await fetch(url, { ...form(fields), headers: from(origin) });
    assert.ok(answer.status >= 400);
    return shared(answer);
  };
  const bad = { grant_type: 'authorization_code', code: 'x' };
  assert.equal(await refused(`${base}/token`, { ...bad, client_id: 'spa' }, own), own);
  assert.equal(await refused(`${base}/token`, { ...bad, client_id: 'web' }, own), null);
  assert.equal(await refused(`${base}/token`, { ...bad, client_id: 'nobody' }, own), null);
  assert.equal(await refused(`${base}/token`, bad, own), null);
  assert.equal(await refused(`${server.url}/realms/nowhere/oauth2/token`, { ...bad, client_id: 'spa' }, own), null);
  assert.equal(await refused(`${keycloak}/token`, { ...bad, client_id: 'keycloak-app' }, 'https://kc.example'), 'https://kc.example', '"+"');
  assert.equal(await refused(`${keycloak}/token`, { ...bad, client_id: 'keycloak-app' }, own), null);
  assert.equal(await refused(`${keycloak}/logout`, { client_id: 'keycloak-app', refresh_token: 'x' }, 'https://kc.example'), 'https://kc.example');
});

test('what is published is for every page; what servers and browsers ask is for none', async (t) => {
  const { server, base, keycloak } = await startPeople(t);
  const published = [`${base}/jwks`, `${keycloak}/certs`, `${server.url}/realms/people/.well-known/openid-configuration`];
  for (const url of published) for (const headers of [{}, from('https://anyone.example')]) assert.equal(shared(requireNoCredentials(await fetch(url, { headers }))), '*', url);
  for (const url of [`${base}/introspect`, `${base}/authorize`, `${base}/verify`]) {
    assert.equal(shared(await preflight(url, 'POST')), null, url);
    assert.equal(shared(await fetch(url, { headers: from(own) })), null, url);
  }
  const plain = await fetch(`${base}/token`, { method: 'OPTIONS' });
  assert.deepEqual([plain.status, plain.headers.get('allow')], [405, 'POST'], 'no browser asks like this');
});
