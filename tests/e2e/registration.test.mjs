// Clients register themselves (RFC 7591) and manage themselves (RFC 7592), with the code of oauth4webapi and openid-client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Browser } from './browser.mjs';
import { claimsOf, startDemo, startPostgres, startTessera } from './harness.mjs';

const plain = { [oauth.allowInsecureRequests]: true };
const password = 'anna is a long password';
const web = { client_name: 'Planner <b>', redirect_uris: ['https://planner.example/cb'], grant_types: ['authorization_code', 'refresh_token'] };
const machine = { grant_types: ['client_credentials'], response_types: [] };

async function startRegistering(t, options = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], ...options, started: false });
  await server.apply('tests/e2e/realms/registering.toml');
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'registering', 'anna', '--stdin');
  await server.start();
  const newToken = async (...more) => (await server.json('initial-access-token', 'add', 'registering', ...more)).token;
  const bearer = (token) => ({ Authorization: `Bearer ${token}` });
  const register = (metadata, token, path = '/realms/registering/oauth2/register') => server.postJson(path, metadata, token ? bearer(token) : {});
  const manage = (registered, method, body) =>
    fetch(registered.registration_client_uri, {
      method,
      headers: { ...bearer(registered.registration_access_token), ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
  const token = (client, fields = {}) =>
    server.postForm('/realms/registering/oauth2/token', { grant_type: 'client_credentials', ...fields }, {
      Authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`,
    });
  const lives = async (access_token) =>
    (await server.fetch('/realms/registering/oauth2/verify', { headers: bearer(access_token) })).status === 200;
  return { server, issuer: new URL(`${server.url}/realms/registering`), newToken, register, manage, token, lives };
}

test('openid-client registers itself, signs a person in, and refreshes', async (t) => {
  const { server, issuer, newToken } = await startRegistering(t, { mounts: [] });
  const config = await openid.dynamicClientRegistration(issuer, web, undefined, {
    initialAccessToken: await newToken(),
    execute: [openid.allowInsecureRequests],
  });
  const client = config.clientMetadata();
  assert.match(client.client_secret, /^tsec_/);
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: web.redirect_uris[0],
    scope: 'openid profile',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  const back = (await browser.signIn(await browser.fetch(url), 'anna', password)).location;
  const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, idTokenExpected: true });
  assert.equal(tokens.claims().aud, client.client_id);
  assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token);
  assert.equal((await server.json('client', 'show', 'registering', client.client_id)).name, web.client_name);
});

for (const [name, mounts] of Object.entries({ 'the standard': [], 'a Keycloak': [{ dialect: 'keycloak' }] })) {
  test(`oauth4webapi registers a client that signs who it is, at ${name}`, async (t) => {
    const { issuer, newToken } = await startRegistering(t, { mounts });
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oidc' }));
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
    const metadata = { ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
    const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, { ...plain, initialAccessToken: await newToken() });
    const client = await oauth.processDynamicClientRegistrationResponse(answer);
    assert.equal(client.client_secret, undefined);
    assert.deepEqual(client.jwks, { keys: [jwk] });
    const auth = oauth.PrivateKeyJwt({ key: privateKey, kid: 'one' });
    const granted = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'accounts' }, plain);
    assert.equal((await oauth.processClientCredentialsResponse(as, client, granted)).scope, 'accounts');
  });
}

test('the answer is the RFC\'s', async (t) => {
  const { newToken, register, server, manage } = await startRegistering(t);
  const answer = await register({ ...web, client_uri: 'https://planner.example', contacts: ['ops@planner.example'] }, await newToken());
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const registered = await answer.json();
  const { client_id, client_secret, client_id_issued_at, registration_access_token, registration_client_uri, ...rest } = registered;
  assert.match(client_secret, /^tsec_/);
  assert.match(registration_access_token, /^trat_/);
  assert.equal(registration_client_uri, `${server.url}/realms/registering/oauth2/register/${client_id}`);
  assert.ok(Math.abs(client_id_issued_at - Date.now() / 1000) < 3600);
  assert.deepEqual(rest, {
    client_secret_expires_at: 0,
    client_name: 'Planner <b>',
    redirect_uris: web.redirect_uris,
    grant_types: web.grant_types,
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid profile accounts',
    id_token_signed_response_alg: 'RS256',
    subject_type: 'public',
    client_uri: 'https://planner.example',
    contacts: ['ops@planner.example'],
  });
  const read = await manage(registered, 'GET');
  assert.equal(read.status, 200);
  const { client_secret: once, client_secret_expires_at: never, ...told } = registered;
  assert.deepEqual(await read.json(), told, 'all but the secret, which is kept as a hash');
  for (const secret of [once, registration_access_token]) assert.ok(!server.written().includes(secret), 'in no log');
});

test('off unless the realm says so', async (t) => {
  const { server, credentials } = await startDemo(t);
  await server.apply('tests/e2e/realms/people.toml');
  assert.equal(credentials.FINLEX_APP_ID, 'tender-app');
  const answer = await server.postJson('/realms/people/oauth2/register', web, { Authorization: 'Bearer tiat_x' });
  assert.equal(answer.status, 404);
  const metadata = await (await server.fetch('/realms/people/.well-known/openid-configuration')).json();
  assert.equal(metadata.registration_endpoint, undefined);
  await assert.rejects(server.cli('initial-access-token', 'add', 'people'), ({ stderr }) => /set registration_template/.test(stderr));
});

test('an initial access token is needed, counted, listed and withdrawn', async (t) => {
  const { server, newToken, register } = await startRegistering(t);
  const missing = await register(web);
  assert.deepEqual([missing.status, missing.headers.get('www-authenticate')], [401, 'Bearer realm="registering"']);
  for (const wrong of ['tiat_nonsense', 'nonsense', 'trat_x']) {
    const refused = await register(web, wrong);
    assert.deepEqual([refused.status, (await refused.json()).error], [401, 'invalid_token'], wrong);
  }
  const twice = await newToken('--uses', '2', '--expires', '1h');
  assert.equal((await register({ ...web, scope: 'payments' }, twice)).status, 400, 'a refusal costs no use');
  assert.equal((await register(web, twice)).status, 201);
  const [listed] = await server.json('initial-access-token', 'list', 'registering');
  assert.equal(listed.uses_left, 1);
  assert.ok(!JSON.stringify(listed).includes(twice));
  const answers = await Promise.all(Array.from({ length: 8 }, () => register(web, twice)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(401)], 'one of many gets the last use');
  const withdrawn = await newToken();
  const [{ id }] = await server.json('initial-access-token', 'list', 'registering');
  await server.cli('initial-access-token', 'withdraw', 'registering', id);
  assert.equal((await register(web, withdrawn)).status, 401);
  await assert.rejects(server.cli('initial-access-token', 'withdraw', 'registering', id), ({ stderr }) => /shows the ids/.test(stderr));
});

test('what a client may not claim is refused, and told', async (t) => {
  const { newToken, register, server } = await startRegistering(t);
  const token = await newToken();
  const cases = [
    ['invalid_client_metadata', /^scope holds a word/, { ...web, scope: 'openid payments' }],
    ['invalid_client_metadata', /^grant_types holds one that is none of/, { ...web, grant_types: ['authorization_code', 'password'] }],
    ['invalid_client_metadata', /secrets are kept as hashes/, { ...web, token_endpoint_auth_method: 'client_secret_jwt' }],
    ['invalid_client_metadata', /jwks_uri is not https/, { ...web, jwks_uri: 'http://127.0.0.1/jwks' }],
    ['invalid_redirect_uri', /is missing/, { ...web, redirect_uris: [] }],
    ['unapproved_software_statement', /not taken/, { ...web, software_statement: 'eyJ' }],
    ...['javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'https://*.example/', 'http://planner.example/cb', 'https://planner.example/#x'].map(
      (uri) => ['invalid_redirect_uri', /^redirect_uris holds one that/, { ...web, redirect_uris: [uri] }],
    ),
  ];
  for (const [error, description, metadata] of cases) {
    const refused = await register(metadata, token);
    const body = await refused.json();
    assert.deepEqual([refused.status, body.error], [400, error], JSON.stringify(metadata));
    assert.match(body.error_description, description);
  }
  for (const body of ['[]', '{"redirect_uris":[],"redirect_uris":[]}', '{'])
    assert.equal((await server.fetch('/realms/registering/oauth2/register', {
      method: 'POST', body, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    })).status, 400, body);
  assert.equal((await register(web, token)).status, 201);
});

async function assertManaged({ newToken, register, manage, token, lives, server }) {
  const registered = await (await register({ ...machine, client_name: 'One' }, await newToken())).json();
  const { access_token } = await (await token(registered)).json();
  assert.ok(await lives(access_token));
  const { client_id, client_secret } = registered;
  const replaced = await manage(registered, 'PUT', { ...machine, client_id, client_secret, client_name: 'Two', scope: 'accounts' });
  assert.equal(replaced.status, 200);
  const told = await replaced.json();
  assert.deepEqual([told.client_name, told.scope, told.client_secret], ['Two', 'accounts', undefined]);
  assert.equal(told.registration_access_token, registered.registration_access_token);
  assert.ok(!(await lives(access_token)), 'a scope went');
  const later = await (await token(registered)).json();
  assert.ok(await lives(later.access_token));
  const refused = await manage(registered, 'PUT', { ...machine, client_id: 'operator' });
  assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_client_metadata']);

  const other = await (await register(machine, await newToken())).json();
  const foreign = await manage({ ...registered, registration_access_token: other.registration_access_token }, 'GET');
  assert.equal(foreign.status, 401);
  assert.equal((await manage({ ...other, registration_client_uri: registered.registration_client_uri.replace(client_id, 'operator') }, 'DELETE')).status, 401);

  assert.equal((await manage(registered, 'DELETE')).status, 204);
  assert.ok(!(await lives(later.access_token)), 'the client is gone, and its tokens with it');
  assert.equal((await token(registered)).status, 401);
  assert.equal((await manage(registered, 'GET')).status, 401);
  assert.equal((await manage(other, 'GET')).status, 200);
  const clients = await server.json('client', 'list', 'registering');
  assert.ok(!clients.some(({ id }) => id === client_id));
}

test('a client manages itself, on SQLite', async (t) => assertManaged(await startRegistering(t)));

test('a client manages itself, on PostgreSQL', async (t) => {
  const url = await startPostgres(t);
  await assertManaged(await startRegistering(t, { settings: `store_url = "${url}"\n` }));
});

test('whoever has the realm\'s scope registers clients, and manages those alone', async (t) => {
  const { server, register, manage, token } = await startRegistering(t);
  const access = async (id, scope) => (await (await token({ client_id: id, client_secret: await server.newSecret('registering', id) }, { scope })).json()).access_token;
  const operator = await access('operator', 'platform');
  const registered = await (await register(machine, operator)).json();
  assert.ok(registered.client_id);
  const by = (registration_access_token, method = 'GET') => manage({ ...registered, registration_access_token }, method);
  assert.equal((await by(operator)).status, 200);
  assert.equal((await by(await access('other-operator', 'platform'))).status, 404);
  const weak = await access('operator', 'accounts');
  assert.deepEqual([(await register(machine, weak)).status, (await by(weak)).status], [403, 403]);
  assert.equal((await by(operator, 'DELETE')).status, 204);
});

test('Keycloak\'s path does the same', async (t) => {
  const { server, newToken, register, manage } = await startRegistering(t);
  const registered = await (await register(web, await newToken(), '/realms/registering/clients-registrations/openid-connect')).json();
  assert.equal(registered.registration_client_uri, `${server.url}/realms/registering/clients-registrations/openid-connect/${registered.client_id}`);
  assert.equal((await manage(registered, 'GET')).status, 200);
  const metadata = await (await server.fetch('/realms/registering/.well-known/openid-configuration')).json();
  assert.equal(metadata.registration_endpoint, `${server.url}/realms/registering/clients-registrations/openid-connect`);
});

test('Flinks\' data recipients are registered clients', async (t) => {
  const { server, credentials } = await startDemo(t);
  const operator = { client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  const ask = async (client, scope) =>
    (await server.postJson('/api/v1/token', { grant_type: 'client_credentials', ...client, ...(scope ? { scope } : {}) })).json();
  const { access_token } = await ask(operator, 'client:admin');
  const headers = { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' };
  const call = (method, path, body) => server.fetch(`/api/v1/recipients${path}`, { method, headers, body: body && JSON.stringify(body) });
  const recipient = {
    name: 'Flinks Fake', logo_uri: 'https://fake.example/logo.png', description: 'Of the fakes', terms_uri: 'https://fake.example/terms',
    client_uri: 'https://fake.example/', country: 'CA', redirect_uris: ['https://fake.example/callback'], scope: ['ACCOUNT_BASIC', 'TRANSACTIONS'],
    contacts: [{ email: 'john.doe@fake.example' }],
  };
  const created = await call('POST', '', recipient);
  assert.equal(created.status, 200);
  const { client_id, client_secret, ...rest } = await created.json();
  const asTold = { ...recipient, scope: 'ACCOUNT_BASIC TRANSACTIONS' };
  assert.deepEqual(rest, asTold);
  assert.deepEqual(await (await call('GET', `/${client_id}`)).json(), { client_id, ...asTold });
  assert.equal((await ask({ client_id, client_secret })).token_type, 'Bearer');

  const moved = await call('PUT', `/${client_id}`, { redirect_uris: ['https://fake.example/other'], scope: ['client:admin'] });
  assert.deepEqual(await moved.json(), { client_id, ...asTold, redirect_uris: ['https://fake.example/other'] }, 'PUT replaces the redirect URLs');
  const first = await ask({ client_id, client_secret });
  const renewed = await (await call('POST', `/${client_id}/secret`)).json();
  assert.deepEqual(Object.keys(renewed), ['client_id', 'client_secret']);
  assert.equal((await ask({ client_id, client_secret })).error, 'invalid_client');
  assert.equal((await ask(renewed)).token_type, 'Bearer');
  const dead = await server.fetch('/realms/flinks/oauth2/verify', { headers: { Authorization: `Bearer ${first.access_token}` } });
  assert.equal(dead.status, 401, 'a secret takes along what was issued with it');

  assert.deepEqual([(await call('POST', '', { ...recipient, scope: ['client:admin'] })).status, (await call('GET', '/dc-demo')).status], [400, 404]);
  assert.equal((await call('DELETE', `/${client_id}`)).status, 405);
  const { access_token: weak } = await ask(operator);
  assert.equal(claimsOf(weak).client_id, operator.client_id);
  assert.equal((await server.postJson('/api/v1/recipients', recipient, { Authorization: `Bearer ${weak}` })).status, 403);
  assert.equal((await server.postJson('/api/v1/recipients', recipient)).status, 401);
});
