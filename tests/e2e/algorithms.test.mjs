// Every algorithm that a realm may sign by, held against keys and verifier that others wrote.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { scratch, startTessera } from './harness.mjs';

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
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
