// Flinks on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsOf, startDemo } from './harness.mjs';
import { playTranscript } from './transcript.mjs';

async function startFlinks(t) {
  const { server, credentials } = await startDemo(t);
  await server.apply('demo/flinks.toml', 'tests/e2e/realms/flinks-more.toml');
  return { server, credentials };
}

test('the golden transcript', async (t) => {
  const { server, credentials } = await startFlinks(t);
  const [client, secret] = [credentials.FLINKS_CLIENT_ID, credentials.FLINKS_CLIENT_SECRET];
  const basic = Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`).toString('base64');
  const credentials_only_secret = await server.newSecret('flinks', 'dc-credentials-only');
  const { token } = await playTranscript(t, 'flinks', server, { client, secret, basic, credentials_only_secret });
  const claims = claimsOf(token);
  assert.equal(claims.client_id, client);
  assert.equal(claims.exp - claims.iat, 299);
  for (const name of ['iss', 'sub', 'jti', 'lineage', 'rev']) assert.ok(name in claims, name);
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
