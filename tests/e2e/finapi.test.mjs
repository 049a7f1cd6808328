// finAPI on the wire: Keycloak's answers, field by field.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { prepareEvents } from './events.mjs';
import { claimsOf, headerOf, startDemo, startTessera } from './harness.mjs';
import { exchange, playTranscript } from './transcript.mjs';

const tokenPath = '/realms/customer/protocol/openid-connect/token';

async function startCustomer(t) {
  const { server, credentials } = await startDemo(t);
  await server.apply('demo/customer.toml', 'tests/e2e/realms/customer-more.toml');
  await server.apply('tests/e2e/realms/closed.toml', 'tests/e2e/realms/locked-down.toml');
  return { server, credentials };
}

test('the golden transcript', async (t) => {
  const { server, credentials } = await startCustomer(t);
  const variables = {
    url: server.url,
    user: credentials.FINAPI_USERNAME,
    password: credentials.FINAPI_PASSWORD,
    service_secret: await server.newSecret('customer', 'service'),
    no_service_secret: await server.newSecret('customer', 'no-service-account'),
    disabled_password: await server.newUser('customer', 'disabled'),
    mustact_password: await server.newUser('customer', 'mustact'),
  };
  await server.apply('tests/e2e/realms/customer-users.toml');
  await playTranscript(t, 'finapi', server, variables);
  assert.equal(headerOf(variables.access).alg, 'RS256');
  assert.equal(headerOf(variables.refresh).alg, 'HS512');
  const access = claimsOf(variables.access);
  assert.equal(access.typ, 'Bearer');
  assert.equal(access.azp, 'demobank-cli');
  assert.equal(access.preferred_username, credentials.FINAPI_USERNAME);
  assert.equal(access.sid, variables.session);
  assert.equal(access.iss, `${server.url}/realms/customer`);
  assert.equal(claimsOf(variables.refresh).typ, 'Refresh');
  assert.equal(headerOf(variables.access).kid, variables.kid);
  const certificate = new X509Certificate(Buffer.from(variables.x5c, 'base64'));
  assert.equal(certificate.subject, 'CN=customer');
  assert.ok(certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey));
  assert.equal(certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), variables.public_key);
  assert.equal(Buffer.from(variables.x5t_s256, 'base64url').toString('hex'), certificate.fingerprint256.replaceAll(':', '').toLowerCase());
});

test('the golden transcript of what ends', async (t) => {
  const { options, eventsOf } = prepareEvents(t);
  const server = await startTessera(t, { realms: ['tests/e2e/realms/mandator.toml'], ...options });
  await playTranscript(t, 'finapi-endings', server, { url: server.url }, eventsOf(server));
});

test('certs stay the same over a restart', async (t) => {
  const { server } = await startCustomer(t);
  const certs = async () => (await server.fetch('/realms/customer/protocol/openid-connect/certs')).text();
  const before = await certs();
  await server.stop();
  await server.start();
  assert.equal(await certs(), before);
});

test('every endpoint that discovery names is there; realms that other mounts name keep the standard document', async (t) => {
  const { server } = await startCustomer(t);
  const discover = async (realm) => (await server.fetch(`/realms/${realm}/.well-known/openid-configuration`)).json();
  let named = 0;
  for (const realm of ['customer', 'finlex']) {
    for (const [name, value] of Object.entries(await discover(realm))) {
      if (!/_(endpoint|uri)$/.test(name)) continue;
      assert.notEqual((await fetch(value)).status, 404, `${name}: ${value}`);
      named += 1;
    }
  }
  assert.ok(named >= 8, `${named} endpoints`);
  assert.equal((await discover('finlex')).token_endpoint, `${server.url}/realms/finlex/oauth2/token`);
});

test('strict rotation: a used refresh token ends the session', async (t) => {
  const { server, credentials } = await startCustomer(t);
  const form = { client_id: 'strict-cli', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD, grant_type: 'password' };
  const first = await (await server.postForm(tokenPath, form)).json();
  const refresh = async (token) => {
    const response = await server.postForm(tokenPath, { client_id: 'strict-cli', grant_type: 'refresh_token', refresh_token: token });
    return { status: response.status, ...(await response.json()) };
  };
  const second = await refresh(first.refresh_token);
  assert.equal(second.status, 200);
  const reused = await refresh(first.refresh_token);
  assert.deepEqual([reused.status, reused.error], [400, 'invalid_grant']);
  assert.equal((await refresh(second.refresh_token)).status, 400, 'the whole family has ended');
});

test('50 parallel refreshes of one token under strict rotation: one wins', async (t) => {
  const { server, credentials } = await startCustomer(t);
  const form = { client_id: 'strict-cli', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD, grant_type: 'password' };
  const { refresh_token } = await (await server.postForm(tokenPath, form)).json();
  const one = { path: tokenPath, form: Object.entries({ client_id: 'strict-cli', grant_type: 'refresh_token', refresh_token }) };
  const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(server, one)));
  assert.equal(answers.filter(({ response }) => response.status === 200).length, 1);
});

test('ending a user kills its access tokens at once', async (t) => {
  const { server, credentials } = await startCustomer(t);
  const form = { client_id: 'demobank-cli', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD, grant_type: 'password' };
  const { access_token } = await (await server.postForm(tokenPath, form)).json();
  const verdict = async () =>
    (await server.fetch('/realms/customer/oauth2/verify', { headers: { Authorization: `Bearer ${access_token}` } })).status;
  assert.equal(await verdict(), 200);
  await server.cli('user', 'disable', 'customer', credentials.FINAPI_USERNAME);
  assert.equal(await verdict(), 401);
});
