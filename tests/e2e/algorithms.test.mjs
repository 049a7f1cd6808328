// Every algorithm that a realm may sign by, held against keys and verifier that others wrote.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser } from './browser.mjs';
import { headerOf, scratch, startTessera } from './harness.mjs';

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const plain = { [oauth.allowInsecureRequests]: true };
const keyTypes = { RS256: 'RSA', PS256: 'RSA', ES256: 'EC', EdDSA: 'OKP' };

test('a realm signs by the algorithm that its file names', async (t) => {
  const file = join(scratch(t), 'realm.toml');
  writeFileSync(file, '[realm]\nname = "signer"\n[[client]]\nid = "app"\ngrants = ["client_credentials"]\n');
  const server = await startTessera(t, { realms: [file], mounts: [{ dialect: 'keycloak' }] });
  const client_secret = await server.newSecret('signer', 'app');
  const base = `${server.url}/realms/signer`;
  for (const alg of algorithms) {
    writeFileSync(file, `[realm]\nname = "signer"\nsigning_alg = "${alg}"\n`);
    await server.apply(file);
    const form = { grant_type: 'client_credentials', client_id: 'app', client_secret };
    const { access_token } = await (await server.postForm('/realms/signer/oauth2/token', form)).json();
    const keys = createRemoteJWKSet(new URL(`${base}/oauth2/jwks`));
    const { protectedHeader } = await jwtVerify(access_token, keys, { issuer: base, algorithms: [alg] });
    assert.equal(protectedHeader.alg, alg);

    for (const path of ['/oauth2/jwks', '/protocol/openid-connect/certs']) {
      const published = (await (await fetch(base + path)).json()).keys.find(({ kid }) => kid === protectedHeader.kid);
      assert.deepEqual([published.alg, published.kty, published.use], [alg, keyTypes[alg], 'sig']);
    }
    const listed = await server.json('key', 'list', 'signer');
    assert.equal(listed.find(({ id }) => id === protectedHeader.kid).alg, alg);
  }
  const added = await server.json('key', 'add', 'signer', 'PS256');
  await server.cli('key', 'rotate', 'signer', '--alg', 'PS256');
  const now = (await server.json('key', 'list', 'signer')).find(({ id }) => id === added.id);
  assert.deepEqual([now.alg, now.state], ['PS256', 'signing']);
});

test('each client has its ID tokens, userinfo and logout tokens by its own algorithm', async (t) => {
  const client = (alg) => `[[client]]
id = "${alg}"
grants = ["authorization_code"]
scopes = ["openid", "email"]
redirect_uris = ["https://${alg}.example/cb"]
${alg === 'RS256' ? '' : `id_token_signed_response_alg = "${alg}"`}
userinfo_signed_response_alg = "${alg}"
`;
  const file = join(scratch(t), 'realm.toml');
  writeFileSync(file, `[realm]\nname = "signer"\nscopes = ["openid", "email"]\n[[user]]\nusername = "anna"\nemail = "anna@example.org"\n${algorithms.map(client).join('')}`);
  const server = await startTessera(t, { realms: [file] });
  const password = await server.json('user', 'set-password', 'signer', 'anna').then((made) => made.password);
  const base = `${server.url}/realms/signer/oauth2`;
  const issuer = new URL(`${server.url}/realms/signer`);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oauth2' }));
  assert.deepEqual(as.id_token_signing_alg_values_supported, algorithms);
  const keys = createRemoteJWKSet(new URL(as.jwks_uri));
  for (const alg of algorithms) {
    const secret = await server.newSecret('signer', alg);
    const redirect_uri = `https://${alg}.example/cb`;
    const relying = { client_id: alg, id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg };
    const browser = new Browser();
    const asked = { client_id: alg, redirect_uri, response_type: 'code', scope: 'openid email', state: 's', nonce: 'n' };
    const back = await browser.signIn(await browser.fetch(`${base}/authorize?${new URLSearchParams(asked)}`), 'anna', password);
    const parameters = oauth.validateAuthResponse(as, relying, back.location, 's');
    const auth = oauth.ClientSecretPost(secret);
    const answer = await oauth.authorizationCodeGrantRequest(as, relying, auth, parameters, redirect_uri, oauth.nopkce, plain);
    const tokens = await oauth.processAuthorizationCodeResponse(as, relying, answer, { expectedNonce: 'n', requireIdToken: true });
    await oauth.validateApplicationLevelSignature(as, answer, plain);
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token, keys, { issuer: issuer.href, audience: alg });
    assert.equal(protectedHeader.alg, alg);
    assert.equal(headerOf(tokens.access_token).alg, 'ES256');
    // The hash is the one that the ID token's algorithm is made with (OpenID Connect Core, 3.1.3.6); Ed25519's is SHA-512.
    const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256');
    const half = (digest) => digest.subarray(0, digest.length / 2).toString('base64url');
    assert.equal(payload.at_hash, half(hash.update(tokens.access_token).digest()));
    const info = await oauth.userInfoRequest(as, relying, tokens.access_token, plain);
    assert.equal((await oauth.processUserInfoResponse(as, relying, payload.sub, info)).email, 'anna@example.org');
  }
});

test('a realm with a schedule says when each key moves on', async (t) => {
  const file = join(scratch(t), 'realm.toml');
  writeFileSync(file, '[realm]\nname = "signer"\n');
  const server = await startTessera(t, { realms: [file] });
  const keys = () => server.json('key', 'list', 'signer');
  for (const { next_state_at } of await keys()) assert.equal(next_state_at, null, 'an operator says when');

  writeFileSync(file, '[realm]\nname = "signer"\nkey_rotation_every = "30d"\nkey_published_ahead = "12h"\n');
  await server.apply(file);
  const signing = (await keys()).find(({ alg }) => alg === 'ES256');
  const day_ms = 86_400_000;
  assert.equal(Date.parse(signing.next_state_at), Math.floor(Date.parse(signing.created_at) / 1000) * 1000 + 30.5 * day_ms);
  const kept = (await keys()).filter(({ use }) => use === 'refresh');
  assert.deepEqual(kept.map(({ next_state_at }) => next_state_at), [null, null], 'refresh tokens may live for ever');
  assert.match((await server.cli('key', 'list', 'signer')).stdout, new RegExp(signing.next_state_at.slice(0, 10)));

  writeFileSync(file, '[realm]\nname = "signer"\nkey_rotation_every = "10m"\n');
  await assert.rejects(server.cli('apply', file), ({ code, stderr }) => code === 1 && /realm\.toml:3: .*key_rotation_every.* is less than an hour/.test(stderr));
});
