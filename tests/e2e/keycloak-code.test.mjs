// Keycloak's authorization endpoint and code exchange, row by row of what its clients know.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, pkce } from './browser.mjs';
import { prepareEvents } from './events.mjs';
import { claimsOf, startTessera } from './harness.mjs';

const redirect_uri = 'https://kc.example/app/any/page?x=1';
const client_id = 'keycloak-app';

async function startKeycloak(t, options = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], ...options });
  await server.apply('tests/e2e/realms/people.toml');
  await server.cliWithInput('anna is a long password\n', 'user', 'set-password', 'people', 'anna', '--stdin');
  const base = `${server.url}/realms/people/protocol/openid-connect`;
  const browser = new Browser();
  const { verifier, challenge } = pkce();
  const authorize = (parameters = {}) => {
    const asked = { client_id, redirect_uri, response_type: 'code', scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256', ...parameters };
    for (const name of Object.keys(asked)) if (asked[name] === undefined) delete asked[name];
    return browser.fetch(`${base}/auth?${new URLSearchParams(asked)}`);
  };
  const redeem = (fields) => server.postForm('/realms/people/protocol/openid-connect/token', { grant_type: 'authorization_code', client_id, ...fields });
  const signIn = async () => browser.signIn(await authorize(), 'anna', 'anna is a long password');
  return { server, browser, authorize, redeem, signIn, verifier };
}

test('a code and what it gives, in the order that Keycloak has', async (t) => {
  const { server, authorize, redeem, signIn, verifier } = await startKeycloak(t);
  await signIn();
  const back = await authorize({ state: 's', nonce: 'n' });
  assert.equal(back.status, 302);
  assert.ok(back.location.href.startsWith(`${redirect_uri}&state=s&session_state=`));
  assert.deepEqual(Object.keys(back.query), ['x', 'state', 'session_state', 'iss', 'code']);
  assert.equal(back.query.iss, `${server.url}/realms/people`);
  const tokens = await (await redeem({ code: back.query.code, redirect_uri, code_verifier: verifier })).json();
  assert.deepEqual(Object.keys(tokens), [
    'access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'token_type', 'id_token', 'not-before-policy', 'session_state', 'scope',
  ]);
  assert.equal(tokens.session_state, back.query.session_state);
  const id = claimsOf(tokens.id_token);
  assert.deepEqual([id.typ, id.nonce, id.sid, id.acr, id.azp], ['ID', 'n', tokens.session_state, '1', client_id]);
  assert.ok(id.at_hash && id.auth_time);
  assert.deepEqual(claimsOf(tokens.access_token).sid, tokens.session_state);
});

test('each refusal of a code has its words', async (t) => {
  const { authorize, redeem, signIn, verifier } = await startKeycloak(t);
  await signIn();
  const good = async () => ({ code: (await authorize()).query.code, redirect_uri, code_verifier: verifier });
  const refused = async (fields) => {
    const answer = await redeem(fields);
    return [answer.status, ...Object.values(await answer.json())];
  };
  assert.deepEqual(await refused({}), [400, 'invalid_request', 'Missing parameter: code']);
  assert.deepEqual(await refused({ code: 'x', redirect_uri }), [400, 'invalid_grant', 'Code not valid']);
  assert.deepEqual(await refused({ ...(await good()), redirect_uri: 'https://kc.example/app/other' }), [400, 'invalid_grant', 'Incorrect redirect_uri']);
  const { code_verifier, ...without } = await good();
  assert.deepEqual(await refused(without), [400, 'invalid_grant', 'PKCE code verifier not specified']);
  assert.deepEqual(await refused({ ...(await good()), code_verifier: 'short' }), [400, 'invalid_grant', 'PKCE verification failed: Invalid code verifier']);
  assert.deepEqual(await refused({ ...(await good()), code_verifier: 'x'.repeat(43) }), [400, 'invalid_grant', 'PKCE verification failed: Code mismatch']);
  const used = await good();
  assert.equal((await redeem(used)).status, 200);
  assert.deepEqual(await refused(used), [400, 'invalid_grant', 'Code not valid']);
  assert.ok(code_verifier);
});

test('a bad client or redirect URI is a page; what comes later a redirect', async (t) => {
  const { authorize } = await startKeycloak(t);
  for (const parameters of [{ client_id: 'nobody' }, { redirect_uri: 'https://kc.example/other' }, { redirect_uri: 'https://kc.example/app/../x' }]) {
    const page = await authorize(parameters);
    assert.deepEqual([page.status, page.location], [400, null]);
  }
  const told = await authorize({ response_type: undefined, state: 's' });
  assert.equal(told.status, 302);
  assert.deepEqual([told.query.error, told.query.error_description], ['invalid_request', 'Missing parameter: response_type']);
  assert.equal((await authorize({ prompt: 'none' })).query.error, 'login_required');
});

test('the challenge method plain is taken from a client that has it set (21)', async (t) => {
  const { authorize, redeem, signIn } = await startKeycloak(t);
  await signIn();
  const code_verifier = 'v'.repeat(43);
  for (const code_challenge_method of ['plain', undefined]) {
    const back = await authorize({ code_challenge: code_verifier, code_challenge_method });
    assert.equal((await redeem({ code: back.query.code, redirect_uri, code_verifier })).status, 200);
  }
});

/** Anna, signed in to `web`, and what it was given for offline use. */
async function startOffline(t, options) {
  const { server, browser } = await startKeycloak(t, options);
  const base = `${server.url}/realms/people/oauth2`;
  const web = { client_id: 'web', client_secret: await server.newSecret('people', 'web') };
  const post = (path, fields) => fetch(`${base}/${path}`, { method: 'POST', body: new URLSearchParams({ ...web, ...fields }) });
  const authorize = (parameters) => {
    const asked = { client_id: 'web', redirect_uri: 'https://web.example/cb', response_type: 'code', ...parameters };
    return browser.fetch(`${base}/authorize?${new URLSearchParams(asked)}`);
  };
  const { code } = (await browser.signIn(await authorize({ scope: 'openid offline_access' }), 'anna', 'anna is a long password')).query;
  const tokens = await (await post('token', { grant_type: 'authorization_code', code, redirect_uri: 'https://web.example/cb' })).json();
  const refresh = (refresh_token) => post('token', { grant_type: 'refresh_token', refresh_token });
  const isActive = async (token) => (await (await post('introspect', { token })).json()).active;
  const isSignedIn = async () => Boolean((await authorize({ scope: 'openid', prompt: 'none' })).query.code);
  return { server, tokens, post, refresh, isActive, isSignedIn };
}

test('an offline session outlives the one that was signed in', async (t) => {
  const { server, tokens, refresh, isSignedIn } = await startOffline(t);
  const sessions = await server.json('session', 'list', 'people', 'anna');
  const online = sessions.find(({ id }) => id !== claimsOf(tokens.id_token).sid);
  await server.cli('session', 'end', 'people', online.id);
  assert.equal(await isSignedIn(), false);
  assert.equal((await refresh(tokens.refresh_token)).status, 200);
});

test('an offline family that is revoked is dead, while the online session lives (48)', async (t) => {
  const { tokens, post, refresh, isActive, isSignedIn } = await startOffline(t);
  const newest = await (await refresh(tokens.refresh_token)).json();
  const family = [newest.refresh_token, newest.access_token, tokens.access_token];
  assert.deepEqual(await Promise.all(family.map(isActive)), [true, true, true]);
  assert.equal((await post('revoke', { token: newest.refresh_token })).status, 200);
  assert.deepEqual(await Promise.all(family.map(isActive)), [false, false, false]);
  assert.deepEqual((await (await refresh(newest.refresh_token)).json()).error, 'invalid_grant');
  assert.equal(await isSignedIn(), true);
});

test('an offline session ends when it was unused for thirty days, and only then', async (t) => {
  const { options, eventsOf } = prepareEvents(t);
  const { server, tokens, refresh } = await startOffline(t, options);
  const { later_s } = eventsOf(server);
  const thirtyDays_s = 30 * 86_400;
  let { refresh_token } = tokens;
  for (const idle_s of [thirtyDays_s - 1, thirtyDays_s - 1]) {
    later_s(idle_s);
    ({ refresh_token } = await (await refresh(refresh_token)).json());
    assert.ok(refresh_token, 'each time anew');
  }
  later_s(thirtyDays_s);
  assert.equal((await (await refresh(refresh_token)).json()).error, 'invalid_grant');
});
