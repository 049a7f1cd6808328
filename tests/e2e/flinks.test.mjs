// Flinks on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { prepareEvents } from './events.mjs';
import { claimsOf, startDemo } from './harness.mjs';
import { playTranscript } from './transcript.mjs';

async function startFlinks(t, options) {
  const { server, credentials } = await startDemo(t, options);
  await server.apply('demo/flinks.toml', 'tests/e2e/realms/flinks-more.toml');
  return { server, credentials };
}

/** The server, its events, and what each transcript needs to know of both. */
async function startEventful(t) {
  const { options, eventsOf } = prepareEvents(t);
  const { server, credentials } = await startFlinks(t, options);
  return { server, events: eventsOf(server), known: { client: credentials.FLINKS_CLIENT_ID, secret: credentials.FLINKS_CLIENT_SECRET } };
}

test('the golden transcript', async (t) => {
  const { server, events, known } = await startEventful(t);
  const basic = Buffer.from(`${encodeURIComponent(known.client)}:${encodeURIComponent(known.secret)}`).toString('base64');
  const credentials_only_secret = await server.newSecret('flinks', 'dc-credentials-only');
  const { token } = await playTranscript(t, 'flinks', server, { ...known, basic, credentials_only_secret }, events);
  const claims = claimsOf(token);
  assert.equal(claims.client_id, known.client);
  assert.equal(claims.exp - claims.iat, 299);
  for (const name of ['iss', 'sub', 'jti', 'lineage', 'rev']) assert.ok(name in claims, name);
});

test('the golden transcript of data recipients', async (t) => {
  const { server, events, known } = await startEventful(t);
  await playTranscript(t, 'flinks-recipients', server, known, events);
});

for (const name of ['flinks-authorize', 'flinks-connection'])
  test(`the golden transcript ${name}`, async (t) => {
    const { server, events, known } = await startEventful(t);
    const other_secret = await server.newSecret('flinks', 'dc-connected');
    const brief_secret = await server.newSecret('flinks', 'dc-brief');
    const password = await server.newUser('flinks', 'anna', '--role', 'account-holder');
    await playTranscript(t, name, server, { ...known, other_secret, brief_secret, user: 'anna', password }, events);
  });

test('a person lets an app in: the code, the tokens, the denial', async (t) => {
  const { server, credentials } = await startFlinks(t);
  const password = await server.newUser('flinks', 'anna', '--role', 'account-holder');
  const client = { client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  const redirect_uri = 'http://127.0.0.1:4000/callback';
  const browser = new Browser();
  const authorize = (scope = 'ACCOUNT_BASIC TRANSACTIONS') =>
    browser.fetch(new URL(`/api/v1/authorize?${new URLSearchParams({ client_id: client.client_id, redirect_uri, response_type: 'code', state: 'xyz', scope })}`, server.url));
  const consent = await browser.signIn(await authorize(), 'anna', password);
  const denied = await browser.submit(consent, 'consent', { action: 'deny' });
  assert.equal(denied.location.href, `${redirect_uri}?error=access_denied&error_description=The%20user%20denied%20access&state=xyz`);
  const allowed = await browser.submit(await authorize(), 'consent', { action: 'allow', remember: 'on' });
  assert.deepEqual(Object.keys(allowed.query), ['code', 'state']);

  const redeem = (code, more = {}) => server.postJson('/api/v1/token', { grant_type: 'authorization_code', code, redirect_uri, ...client, ...more });
  const tokens = await (await redeem(allowed.query.code)).json();
  assert.deepEqual(Object.keys(tokens), ['access_token', 'token_type', 'refresh_token', 'expires_in', 'scope']);
  assert.equal(tokens.expires_in, 299);
  assert.equal(tokens.scope, 'ACCOUNT_BASIC TRANSACTIONS');
  assert.match(claimsOf(tokens.access_token).sub, /^[0-9a-f-]{36}$/);
  const refreshed = await (await server.postJson('/api/v1/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...client })).json();
  assert.deepEqual(Object.keys(refreshed), ['access_token', 'token_type', 'expires_in']);

  const again = (await authorize()).query.code;
  for (const wrong of [{ redirect_uri: 'http://127.0.0.1:4001/callback' }, {}]) {
    const refused = await redeem(again, wrong);
    assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_grant']);
  }
  assert.deepEqual((await authorize('unheard_of')).query, { error: 'invalid_scope', error_description: 'The scope is malformed, unknown or not allowed', state: 'xyz' });
});

test('a refresh token never changes and is not answered; revoking ends it and its access tokens', async (t) => {
  const { server } = await startFlinks(t);
  const client = { client_id: 'dc-connected', client_secret: await server.newSecret('flinks', 'dc-connected') };
  const password = await server.newUser('flinks', 'holder');
  const opened = await (
    await server.postForm('/realms/flinks/oauth2/token', { grant_type: 'password', username: 'holder', password, ...client })
  ).json();
  assert.ok(opened.refresh_token);
  const refresh = async () => {
    const response = await server.postJson('/api/v1/token', { grant_type: 'refresh_token', refresh_token: opened.refresh_token, ...client });
    return { status: response.status, body: await response.json() };
  };
  const first = await refresh();
  const second = await refresh();
  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.deepEqual(Object.keys(first.body).filter((name) => name !== 'scope'), ['access_token', 'token_type', 'expires_in']);
  const claims = claimsOf(first.body.access_token);
  assert.equal(claims.client_id, 'dc-connected');
  assert.match(claims.sub, /^[0-9a-f-]{36}$/);

  const revoked = await server.fetch('/api/v1/revoke', { method: 'DELETE', headers: { Authorization: `Bearer ${first.body.access_token}` } });
  assert.equal(revoked.status, 204);
  assert.equal((await refresh()).status, 400);
  const other = await server.fetch('/realms/flinks/oauth2/verify', { headers: { Authorization: `Bearer ${second.body.access_token}` } });
  assert.equal(other.status, 401);
});
