// Clients that others wrote work without knowing Tessera: oauth4webapi, openid-client, jose.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { startDemo } from './harness.mjs';

const plain = { [oauth.allowInsecureRequests]: true };

test('oauth4webapi: discovery, a token, introspection, revocation', async (t) => {
  const { server, credentials } = await startDemo(t);
  await server.apply('demo/finlex.toml', 'tests/e2e/realms/finlex-more.toml');
  const issuer = new URL(`${server.url}/realms/finlex`);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oidc' }));
  const client = { client_id: credentials.FINLEX_APP_ID };
  const auth = oauth.ClientSecretPost(credentials.FINLEX_SECRET);
  const granted = await oauth.processClientCredentialsResponse(
    as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'tender:read' }, plain),
  );
  assert.equal(granted.scope, 'tender:read');

  const { payload } = await jwtVerify(granted.access_token, createRemoteJWKSet(new URL(as.jwks_uri)), { issuer: issuer.href });
  assert.equal(payload.client_id, client.client_id);

  const introspect = async () =>
    oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, granted.access_token, plain));
  const alive = await introspect();
  assert.deepEqual([alive.active, alive.client_id, alive.scope], [true, client.client_id, 'tender:read']);
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, granted.access_token, plain));
  assert.deepEqual(await introspect(), { active: false });
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, granted.access_token, plain));
});

test('openid-client: discovery and client_credentials, by Basic', async (t) => {
  const { server, credentials } = await startDemo(t);
  const config = await openid.discovery(
    new URL(`${server.url}/realms/flinks`),
    credentials.FLINKS_CLIENT_ID,
    undefined,
    openid.ClientSecretBasic(credentials.FLINKS_CLIENT_SECRET),
    { execute: [openid.allowInsecureRequests] },
  );
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'client:admin' });
  assert.equal(tokens.token_type, 'bearer');
  assert.equal(tokens.expires_in, 299);
});

test('jose verifies what each realm signs, by its JWKS and algorithm', async (t) => {
  const { server, credentials } = await startDemo(t);
  const finapi = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD };
  const flinks = { grant_type: 'client_credentials', client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  const tokens = {
    finlex: await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET }),
    customer: await server.postForm('/realms/customer/protocol/openid-connect/token', finapi),
    flinks: await server.postJson('/api/v1/token', flinks),
  };
  const algorithms = { finlex: 'ES256', customer: 'RS256', flinks: 'ES256' };
  for (const [realm, answer] of Object.entries(tokens)) {
    const { access_token } = await answer.json();
    const keys = createRemoteJWKSet(new URL(`${server.url}/realms/${realm}/oauth2/jwks`));
    const { protectedHeader } = await jwtVerify(access_token, keys, { issuer: `${server.url}/realms/${realm}` });
    assert.equal(protectedHeader.alg, algorithms[realm]);
  }
});

test('a key rotation keeps old tokens verifiable', async (t) => {
  const { server, credentials } = await startDemo(t);
  const issue = async () => (await (await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET })).json()).access_token;
  const before = await issue();
  await server.cli('key', 'rotate', 'finlex');
  const after = await issue();
  const keys = createRemoteJWKSet(new URL(`${server.url}/realms/finlex/oauth2/jwks`));
  const kids = [];
  for (const token of [before, after]) kids.push((await jwtVerify(token, keys)).protectedHeader.kid);
  assert.notEqual(kids[0], kids[1]);
});
