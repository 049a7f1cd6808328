// Clients that sign who they are (private_key_jwt), with the code of oauth4webapi, openid-client and jose.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { startPostgres, startTessera, until } from './harness.mjs';

const plain = { [oauth.allowInsecureRequests]: true };
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const realmText = (jwks, more = '') => `
[realm]
name = "signed"
scopes = ["read"]

[[client]]
id = "signer"
dialects = ["keycloak"]
grants = ["client_credentials"]
scopes = ["read"]
token_endpoint_auth_method = "private_key_jwt"
jwks = '''${JSON.stringify(jwks)}'''
${more}
`;

async function newKey(alg, kid) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** A server whose realm `signed` knows the client `signer` by a key of each kind. */
async function startSigned(t, options = {}) {
  const keys = await Promise.all(['ES256', 'RS256', 'PS256', 'EdDSA'].map((alg) => newKey(alg, alg.toLowerCase())));
  const server = await startTessera(t, { ...options, started: false });
  const declare = async (jwks, more) => {
    const file = join(server.dir, 'signed.toml');
    writeFileSync(file, realmText(jwks, more));
    return server.cli('apply', file);
  };
  await declare({ keys: keys.map(({ jwk }) => jwk) });
  await server.start();
  const issuer = `${server.url}/realms/signed`;
  const assertion = ({ key, kid, alg } = keys[0], claims = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: 'signer', sub: 'signer', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60, ...claims })
      .setProtectedHeader({ alg, kid })
      .sign(key);
  };
  const ask = (client_assertion, more = {}) =>
    server.postForm('/realms/signed/oauth2/token', { grant_type: 'client_credentials', client_assertion, client_assertion_type: assertionType, ...more });
  return { server, keys, declare, issuer, assertion, ask };
}

for (const [name, mounts] of Object.entries({ 'the standard': [], 'a Keycloak': [{ dialect: 'keycloak' }] })) {
  test(`oauth4webapi and openid-client sign who they are, by each algorithm, at ${name}`, async (t) => {
    const { keys, issuer: url } = await startSigned(t, { mounts });
    const issuer = new URL(url);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oidc' }));
    assert.ok(as.token_endpoint_auth_methods_supported.includes('private_key_jwt'));
    assert.ok(!as.token_endpoint_auth_methods_supported.includes('client_secret_jwt'));
    const client = { client_id: 'signer' };
    for (const { key, kid, alg } of keys) {
      assert.ok(as.token_endpoint_auth_signing_alg_values_supported.includes(alg));
      const auth = oauth.PrivateKeyJwt({ key, kid });
      const granted = await oauth.processClientCredentialsResponse(
        as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'read' }, plain),
      );
      const introspected = await oauth.introspectionRequest(as, client, auth, granted.access_token, plain);
      assert.equal((await oauth.processIntrospectionResponse(as, client, introspected)).active, true);
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, granted.access_token, plain));
    }
    const config = await openid.discovery(issuer, 'signer', undefined, openid.PrivateKeyJwt({ key: keys[0].key, kid: keys[0].kid }), {
      execute: [openid.allowInsecureRequests],
    });
    assert.equal((await openid.clientCredentialsGrant(config, { scope: 'read' })).token_type, 'bearer');
  });
}

async function assertUsedOnce({ server, assertion, ask }) {
  const used = await assertion();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(used)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(401)], 'one of many wins');
  const unused = await assertion();
  await server.kill();
  await server.start();
  const again = await ask(used);
  assert.deepEqual([again.status, (await again.json()).error], [401, 'invalid_client'], 'a crash forgets nothing');
  assert.equal((await ask(unused)).status, 200);
  await until('the log says why', () => server.log().includes('assertion_reused'));
}

test('an assertion is used once, on SQLite', async (t) => assertUsedOnce(await startSigned(t)));

test('an assertion is used once, on PostgreSQL', async (t) => {
  const url = await startPostgres(t);
  await assertUsedOnce(await startSigned(t, { settings: `store_url = "${url}"\n` }));
});

test('what is no assertion of the client for this issuer, now, is refused alike', async (t) => {
  const { server, keys, assertion, ask, issuer } = await startSigned(t);
  const now = Math.floor(Date.now() / 1000);
  const stranger = await newKey('ES256', 'es256');
  const cases = {
    assertion_audience_wrong: [await assertion(keys[0], { aud: `${issuer}/oauth2/token` })],
    assertion_not_yet_valid: [await assertion(keys[0], { nbf: now + 70 })],
    assertion_too_long: [await assertion(keys[0], { exp: now + 315_360_000 })],
    assertion_expired: [await assertion(keys[0], { exp: now - 1 })],
    assertion_issuer_wrong: [await assertion(keys[0], { iss: 'other' })],
    assertion_malformed: [await assertion(keys[0], { jti: undefined })],
    assertion_signature_wrong: [await assertion(stranger)],
    assertion_key_unknown: [await assertion({ ...stranger, kid: 'unknown' })],
    assertion_type_unknown: [await assertion(), { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
  };
  const bodies = new Set();
  for (const [reason, [shown, more]] of Object.entries(cases)) {
    const answer = await ask(shown, more);
    assert.equal(answer.status, 401, reason);
    bodies.add(await answer.text());
    await until(`the log names ${reason}`, () => server.log().includes(reason));
    assert.ok(!server.written().includes(shown), 'an assertion is a credential');
  }
  assert.equal(bodies.size, 1, 'the wire does not say what was wrong');
  assert.equal((await ask(await assertion(keys[0], { nbf: now + 8 }))).status, 200);
  assert.equal((await ask(await assertion(), { client_id: 'signer' })).status, 200);
  const twoWays = await ask(await assertion(), { client_secret: 'x' });
  assert.deepEqual([twoWays.status, (await twoWays.json()).error], [400, 'invalid_request']);
});

/** The client's own server, which publishes what `published.keys` has at the moment. */
async function startPublisher(t) {
  const published = { keys: [], asked: [], status: 200 };
  const server = createServer((request, response) => {
    published.asked.push(`${request.method} ${request.url}`);
    if (request.url === '/moved') return response.writeHead(302, { Location: '/jwks.json' }).end();
    response.writeHead(published.status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys: published.keys }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return Object.assign(published, { uri: `http://127.0.0.1:${server.address().port}/jwks.json` });
}

async function startPublished(t, tables) {
  const published = await startPublisher(t);
  const signed = await startSigned(t, { tables });
  const declare = async (uri) => {
    const file = join(signed.server.dir, 'published.toml');
    writeFileSync(file, realmText({}).replace(/^jwks = .*$/m, `jwks_uri = "${uri}"`));
    await signed.server.cli('apply', '--prune', file);
  };
  await declare(published.uri);
  return { ...signed, published, declare };
}

const quick = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 1000000\n';

test('a client publishes its keys: they are fetched when it signs, and anew for a key that is not among them', async (t) => {
  const { keys, assertion, ask, published } = await startPublished(t, `${quick}[outbound]\nallow = ["127.0.0.0/8"]\n`);
  published.keys = [keys[0].jwk];
  assert.equal((await ask(await assertion(keys[0]))).status, 200);
  assert.equal((await ask(await assertion(keys[0]))).status, 200);
  assert.deepEqual(published.asked, ['GET /jwks.json']);
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, i) => ask(await assertion({ ...keys[1], kid: `made-up-${i}` }))));
  assert.ok(answers.every(({ status }) => status === 401));
  assert.equal(published.asked.length, 1, 'not twice within ten seconds');
  published.keys = [keys[1].jwk];
  await until('the next key is found', async () => (await ask(await assertion(keys[1]))).status === 200, 30);
  assert.equal(published.asked.length, 2);
  assert.equal((await ask(await assertion(keys[0]))).status, 401, 'the first is published no more');
});

test('keys are fetched from public addresses only, and no redirect is followed', async (t) => {
  const { server, keys, assertion, ask, published } = await startPublished(t, quick);
  published.keys = [keys[0].jwk];
  assert.equal((await ask(await assertion())).status, 401);
  await until('the log says why', () => server.log().includes('assertion_keys_unreachable') && server.log().includes('leads to no public address'));
  assert.deepEqual(published.asked, []);
});

test('a redirect instead of keys is an answer like any other', async (t) => {
  const { server, keys, assertion, ask, published, declare } = await startPublished(t, `${quick}[outbound]\nallow = ["127.0.0.0/8"]\n`);
  published.keys = [keys[0].jwk];
  await declare(published.uri.replace('/jwks.json', '/moved'));
  assert.equal((await ask(await assertion())).status, 401);
  await until('the log says why', () => server.log().includes('it answers 302'));
  assert.deepEqual(published.asked, ['GET /moved']);
});

test('the token endpoint is an audience by the client\'s setting, and a key that goes takes its tokens along', async (t) => {
  const { server, keys, declare, assertion, ask, issuer } = await startSigned(t);
  const toEndpoint = () => assertion(keys[0], { aud: [`${issuer}/oauth2/token`, issuer] });
  assert.equal((await ask(await toEndpoint())).status, 401);
  await declare({ keys: keys.map(({ jwk }) => jwk) }, 'token_endpoint_audience = true');
  const { access_token } = await (await ask(await toEndpoint())).json();
  const verify = () => server.fetch('/realms/signed/oauth2/verify', { headers: { Authorization: `Bearer ${access_token}` } });
  assert.equal((await verify()).status, 200);
  await declare({ keys: [keys[1].jwk] });
  assert.equal((await verify()).status, 401);
  assert.equal((await ask(await assertion(keys[0]))).status, 401);
  assert.equal((await ask(await assertion(keys[1]))).status, 200);
  const declared = await server.json('client', 'show', 'signed', 'signer');
  assert.equal(declared.token_endpoint_auth_method, 'private_key_jwt');
});
