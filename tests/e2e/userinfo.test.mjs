// What a token lets its client know of the user, and what a realm says of itself (OpenID Connect Core, 5.3; Discovery).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Browser } from './browser.mjs';
import { claimsOf, startTessera } from './harness.mjs';

const password = 'anna is a long password';

/** A server with the realm `people`, where anna signs in to a client. */
async function startPeople(t) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }] });
  await server.apply('tests/e2e/realms/people.toml');
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
  const standard = `${server.url}/realms/people/oauth2`;
  const keycloak = `${server.url}/realms/people/protocol/openid-connect`;

  /** Tokens of that client for anna, by the standard dialect. */
  const tokensFor = async (client_id, scope) => {
    const client_secret = await server.newSecret('people', client_id);
    const redirect_uri = `https://${client_id}.example/cb`;
    const browser = new Browser();
    const page = await browser.fetch(`${standard}/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: 'code', scope })}`);
    const { code } = (await browser.signIn(page, 'anna', password)).query;
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id, client_secret, code, redirect_uri });
    return (await fetch(`${standard}/token`, { method: 'POST', body })).json();
  };
  const userinfo = (base, token, init = {}) => fetch(`${base}/userinfo`, { ...init, headers: { ...(token && { Authorization: `Bearer ${token}` }) } });
  return { server, standard, keycloak, tokensFor, userinfo };
}

test('userinfo says what the scope allows, of the same subject as the ID token', async (t) => {
  const { standard, keycloak, tokensFor, userinfo } = await startPeople(t);
  const whole = await tokensFor('web', 'openid profile email');
  const sub = claimsOf(whole.id_token).sub;
  const person = {
    sub, name: 'Anna Muster', preferred_username: 'anna', given_name: 'Anna', family_name: 'Muster', email: 'anna@example.org', email_verified: true,
  };
  for (const base of [standard, keycloak])
    for (const method of ['GET', 'POST']) {
      const answer = await userinfo(base, whole.access_token, { method });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.deepEqual(await answer.json(), person);
    }
  const bare = await tokensFor('web', 'openid');
  assert.deepEqual(await (await userinfo(standard, bare.access_token)).json(), { sub });
});

test('userinfo is signed for a client that asked for it', async (t) => {
  const { server, standard, tokensFor, userinfo } = await startPeople(t);
  const tokens = await tokensFor('signed', 'openid email');
  const answer = await userinfo(standard, tokens.access_token);
  assert.equal(answer.headers.get('content-type'), 'application/jwt');
  const issuer = `${server.url}/realms/people`;
  const { payload } = await jwtVerify(await answer.text(), createRemoteJWKSet(new URL(`${standard}/jwks`)), { issuer, audience: 'signed', algorithms: ['ES256'] });
  assert.deepEqual(Object.keys(payload), ['sub', 'iss', 'aud', 'email', 'email_verified']);
  assert.equal(payload.sub, claimsOf(tokens.id_token).sub);
  const verify = await fetch(`${standard}/verify`, { headers: { Authorization: `Bearer ${await (await userinfo(standard, tokens.access_token)).text()}` } });
  assert.equal(verify.status, 401, 'it is no access token');
});

test('userinfo refuses in the challenge; Keycloak in nothing else', async (t) => {
  const { server, standard, keycloak, tokensFor, userinfo } = await startPeople(t);
  const { access_token, id_token } = await tokensFor('web', 'openid');
  const poor = (await tokensFor('web', 'accounts')).access_token;
  const cases = [
    [undefined, 401, null],
    ['nonsense', 401, 'invalid_token'],
    [id_token, 401, 'invalid_token'],
    [poor, 403, 'insufficient_scope'],
  ];
  const require = async () => {
    for (const [token, status, error] of cases) {
      const plain = await userinfo(standard, token);
      const bare = await userinfo(keycloak, token);
      for (const answer of [plain, bare]) {
        assert.equal(answer.status, status);
        const challenge = answer.headers.get('www-authenticate');
        assert.match(challenge, /^Bearer realm="people"/);
        assert.equal(/error="(\w+)"/.exec(challenge)?.[1] ?? null, error);
      }
      assert.equal(await bare.text(), '');
      assert.equal((await plain.json()).error, error ?? 'invalid_token');
    }
  };
  await require();
  const nowhere = await fetch(`${server.url}/realms/nowhere/protocol/openid-connect/userinfo`);
  assert.deepEqual(await nowhere.json(), { error: 'Realm does not exist' });
  assert.equal((await fetch(`${keycloak}/userinfo`, { method: 'DELETE' })).status, 405);

  assert.equal((await userinfo(standard, access_token)).status, 200);
  await server.cli('user', 'disable', 'people', 'anna');
  cases.splice(0, cases.length, [access_token, 401, 'invalid_token']);
  await require();
});

test('discovery says what is mounted, and no more', async (t) => {
  const { server, standard, keycloak } = await startPeople(t);
  const discover = async (path) => (await server.fetch(path)).json();
  const documents = {
    keycloak: await discover('/realms/people/.well-known/openid-configuration'),
    standard: await discover('/.well-known/oauth-authorization-server/realms/people'),
  };
  for (const [name, base] of Object.entries({ keycloak, standard })) {
    const document = documents[name];
    assert.equal(document.issuer, `${server.url}/realms/people`);
    for (const member of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'revocation_endpoint', 'introspection_endpoint'])
      assert.ok(document[member].startsWith(`${base}/`), member);
    for (const uri of [document.userinfo_endpoint, document.authorization_endpoint, document.jwks_uri]) assert.notEqual((await fetch(uri)).status, 404);
    assert.deepEqual(document.response_types_supported, ['code']);
    assert.deepEqual(document.response_modes_supported, ['query', 'fragment', 'form_post']);
    assert.deepEqual(document.prompt_values_supported, ['none', 'login', 'consent', 'select_account']);
    assert.deepEqual(document.ui_locales_supported, ['en', 'de', 'fr']);
    assert.deepEqual(document.id_token_signing_alg_values_supported, ['RS256', 'ES256']);
    assert.deepEqual(document.userinfo_signing_alg_values_supported, ['RS256', 'ES256']);
    assert.deepEqual(document.subject_types_supported, ['public', 'pairwise']);
    assert.deepEqual(document.acr_values_supported, ['1']);
    assert.ok(document.grant_types_supported.includes('authorization_code'));
    assert.ok(document.scopes_supported.includes('openid'));
    assert.ok(document.claims_supported.includes('email') && !document.claims_supported.includes('address'), 'the realm has no scope `address`');
    for (const member of ['request_parameter_supported', 'request_uri_parameter_supported']) assert.equal(document[member], false);
    assert.equal(document.claims_parameter_supported, true);
    assert.equal(document.authorization_response_iss_parameter_supported, true);
  }
  assert.deepEqual(documents.standard.code_challenge_methods_supported, ['S256']);
  assert.deepEqual(documents.keycloak.code_challenge_methods_supported, ['plain', 'S256']);
});
