// The claims parameter (OpenID Connect Core, 5.5): single claims beside the scope, within what client, user and consent allow.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { claimsOf, startTessera } from './harness.mjs';

const password = 'anna is a long password';

async function startPeople(t) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }] });
  await server.apply('tests/e2e/realms/people.toml');
  for (const user of ['anna', 'petra']) await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', user, '--stdin');
  const base = `${server.url}/realms/people/oauth2`;
  const secrets = {};
  for (const id of ['web', 'careful']) secrets[id] = await server.newSecret('people', id);
  const browser = new Browser();
  const authorize = (claims, { id = 'web', ...asked } = {}) =>
    browser.fetch(
      `${base}/authorize?${new URLSearchParams({
        client_id: id, redirect_uri: `https://${id}.example/cb`, response_type: 'code', scope: 'openid', claims: JSON.stringify(claims), ...asked,
      })}`,
    );
  const token = async (id, fields) =>
    (await fetch(`${base}/token`, { method: 'POST', body: new URLSearchParams({ client_id: id, client_secret: secrets[id], ...fields }) })).json();
  const redeem = (code, id = 'web') => token(id, { grant_type: 'authorization_code', code, redirect_uri: `https://${id}.example/cb` });
  const signIn = async (page, user = 'anna') => browser.signIn(page, user, password);
  const userinfo = async ({ access_token }) => (await fetch(`${base}/userinfo`, { headers: { Authorization: `Bearer ${access_token}` } })).json();
  return { server, browser, authorize, token, redeem, signIn, userinfo };
}

test('single claims are told where they were asked for, and after a refresh', async (t) => {
  const { authorize, token, redeem, signIn, userinfo } = await startPeople(t);
  const back = await signIn(await authorize({ userinfo: { email: { essential: true }, phone_number: null, secret: null }, id_token: { given_name: null } }));
  const tokens = await redeem(back.query.code);
  assert.equal(tokens.scope, 'openid', 'the scope is what it was');
  const id = claimsOf(tokens.id_token);
  assert.deepEqual([id.given_name, id.email, id.family_name], ['Anna', undefined, undefined]);
  assert.deepEqual(await userinfo(tokens), { sub: id.sub, email: 'anna@example.org' });

  const refreshed = await token('web', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.equal(claimsOf(refreshed.id_token).given_name, 'Anna');
  assert.deepEqual(await userinfo(refreshed), { sub: id.sub, email: 'anna@example.org' });
});

test('claims beyond what the client may ask for are not told, and no error', async (t) => {
  const { authorize, signIn } = await startPeople(t);
  await signIn(await authorize({}));
  const page = await authorize({ userinfo: { email: { essential: true }, name: null } }, { id: 'careful' });
  const scopes = page.html.match(/profile|email/g);
  assert.ok(scopes.includes('profile') && !scopes.includes('email'), 'the page asks for what stands for the claims');
});

test('consent covers the claims that were asked for, and no others', async (t) => {
  const { server, browser, authorize, redeem, signIn, userinfo } = await startPeople(t);
  const careful = { id: 'careful', scope: 'openid accounts' };
  const name = { userinfo: { name: null } };
  const first = await signIn(await authorize({}, careful));
  const allowed = await browser.submit(first, 'consent', { action: 'allow', remember: 'on' });
  assert.ok(allowed.query.code);
  assert.ok((await authorize({}, careful)).query.code, 'remembered');
  assert.equal((await authorize(name, { ...careful, prompt: 'none' })).query.error, 'consent_required');
  const more = await authorize(name, careful);
  const tokens = await redeem((await browser.submit(more, 'consent', { action: 'allow', remember: 'on' })).query.code, 'careful');
  assert.equal((await userinfo(tokens)).name, 'Anna Muster');
  assert.equal(tokens.scope, 'openid accounts');
  assert.ok((await authorize(name, { ...careful, prompt: 'none' })).query.code);
  const [consent] = await server.json('consent', 'list', 'people', 'anna');
  assert.deepEqual(consent.scope.split(' ').toSorted(), ['accounts', 'openid', 'profile']);
});

test('a client that loses the scope tells the claim no more', async (t) => {
  const { server, authorize, token, redeem, signIn, userinfo } = await startPeople(t);
  const tokens = await redeem((await signIn(await authorize({ userinfo: { email: null } }))).query.code);
  const file = `${server.dir}/less.toml`;
  writeFileSync(file, '[realm]\nname = "people"\n[[client]]\nid = "web"\nscopes = ["openid"]\ndefault_scopes = ["openid"]\n');
  await server.apply(file);
  const refreshed = await token('web', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.deepEqual(Object.keys(await userinfo(refreshed)), ['sub']);
});

test('essential acr and auth_time, and the one user who is meant', async (t) => {
  const { authorize, redeem, signIn } = await startPeople(t);
  const acr = (how) => ({ id_token: { acr: { essential: true, ...how }, auth_time: { essential: true } } });
  const unmet = await authorize(acr({ values: ['urn:gold', '2'] }), { state: 's' });
  assert.deepEqual([unmet.status, unmet.query.error, unmet.query.state], [302, 'unmet_authentication_requirements', 's']);
  const id = claimsOf((await redeem((await signIn(await authorize(acr({ values: ['urn:gold', '1'] })))).query.code)).id_token);
  assert.equal(id.acr, '1');
  assert.ok(Math.abs(id.auth_time - id.iat) <= 60);

  const meant = (value) => ({ id_token: { sub: { value } } });
  assert.ok((await authorize(meant(id.sub), { prompt: 'none' })).query.code);
  assert.equal((await authorize(meant('somebody-else'), { prompt: 'none' })).query.error, 'login_required');
  const page = await authorize(meant(id.sub), { prompt: 'login' });
  const other = await signIn(page, 'petra');
  assert.equal(other.query.error, 'login_required', 'no tokens of another user than was asked for');
});

test('a claims parameter that is none goes back to the client; a huge one, too', async (t) => {
  const { authorize } = await startPeople(t);
  for (const claims of [[], { userinfo: { email: 1 } }, { id_token: { email: { essential: 'x' } } }, { userinfo: {}, pad: 'x'.repeat(2048) }])
    assert.equal((await authorize(claims)).query.error, 'invalid_request', JSON.stringify(claims).slice(0, 60));
  const twice = '{"userinfo":{"email":null,"email":null}}';
  assert.equal((await authorize(undefined, { claims: twice })).query.error, 'invalid_request');
});
