// The requests that Finlex, finAPI and Flinks publish in their documentation, run by curl as they stand there: only the
// host and the placeholders are filled in.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { claimsOf, startDemo, startNginx } from './harness.mjs';

/** Runs a documented command; {status, body}. `places` maps what stands in the documentation to what stands there now. */
async function run(command, places) {
  let text = command;
  for (const [from, to] of Object.entries(places)) {
    assert.ok(text.includes(from), `${from} stands in the command`);
    text = text.replaceAll(from, to);
  }
  const { stdout } = await promisify(execFile)('bash', ['-c', `${text} --silent --write-out '\\n%{http_code}'`]);
  const cut = stdout.lastIndexOf('\n');
  const body = stdout.slice(0, cut);
  return { status: Number(stdout.slice(cut + 1)), body: body ? JSON.parse(body) : null };
}

const finlexToken = `curl --request POST \\
  --url 'https://auth.finlex.io/token' \\
  --header 'Content-Type: application/json' \\
  --data '{
	"app_id":<your-app-id>,
	"secret":<secret-key>,
  "expiry": "2032-05-08T10:49:37.326809761Z"
}'`;
const finlexQuery = `curl http://api.finlex.io/v1/tender?token=<ACCESS_TOKEN>`;
const finlexRevoke = `curl --request POST \\
  --url https://auth.finlex.io/token-revoke \\
  --header 'Authorization: Bearer {ACCESS_TOKEN}'`;
const finapiPassword = `curl --location 'https://keycloak-finapi-general-live.finapi.io/realms/customer/protocol/openid-connect/token' \\
--header 'Content-Type: application/x-www-form-urlencoded' \\
--data-urlencode 'client_id=demobank-cli' \\
--data-urlencode 'username=<username>' \\
--data-urlencode 'password=<user password>' \\
--data-urlencode 'grant_type=password'`;
const finapiRefresh = `curl --location 'https://keycloak-finapi-general-live.finapi.io/realms/customer/protocol/openid-connect/token' \\
--header 'Content-Type: application/x-www-form-urlencoded' \\
--data-urlencode 'client_id=demobank-cli' \\
--data-urlencode 'refresh_token=eyJhbGciOiJIUzUxMiIsInR5cCIgOiAiSldUIiwia2lkIiA6ICI5N...' \\
--data-urlencode 'grant_type=refresh_token'`;
const flinksToken = `curl --request POST \\
  --url https://{host}/api/v1/token \\
  --header 'Content-Type: application/json' \\
  --data '{}'`;

test('Finlex: a token with an expiry years ahead, used, revoked, refused', async (t) => {
  const { server, credentials } = await startDemo(t);
  const nginx = await startNginx(t, server);
  const places = {
    'https://auth.finlex.io': server.url,
    '<your-app-id>': JSON.stringify(credentials.FINLEX_APP_ID),
    '<secret-key>': JSON.stringify(credentials.FINLEX_SECRET),
  };
  const { status, body } = await run(finlexToken, places);
  assert.equal(status, 200);
  assert.equal(claimsOf(body.access_token).exp, Date.UTC(2032, 4, 8, 10, 49, 37) / 1000);

  const headers = { Authorization: `Bearer ${body.access_token}` };
  const call = () => fetch(`${nginx.url}/v1/api/tender`, { headers });
  assert.equal((await call()).status, 200);
  const revoke = { 'https://auth.finlex.io': server.url, '{ACCESS_TOKEN}': body.access_token };
  assert.deepEqual(await run(finlexRevoke, revoke), { status: 204, body: null });
  assert.equal((await call()).status, 401);
  assert.equal((await run(finlexRevoke, revoke)).status, 401);
});

test('Finlex: the token in the query, for an ordinary lifetime', async (t) => {
  const { server, credentials } = await startDemo(t);
  const nginx = await startNginx(t, server);
  const token = await (await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET })).json();
  const places = { 'http://api.finlex.io': nginx.url, '<ACCESS_TOKEN>': token.access_token };
  const { status, body } = await run(finlexQuery, places);
  assert.equal(status, 200);
  assert.equal(body.caller, credentials.FINLEX_APP_ID);
});

test('finAPI: the password grant and the refresh', async (t) => {
  const { server, credentials } = await startDemo(t);
  const host = { 'https://keycloak-finapi-general-live.finapi.io': server.url };
  const places = { ...host, '<username>': credentials.FINAPI_USERNAME, '<user password>': credentials.FINAPI_PASSWORD };
  const first = await run(finapiPassword, places);
  assert.equal(first.status, 200);
  assert.deepEqual(Object.keys(first.body), [
    'access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'token_type', 'not-before-policy', 'session_state', 'scope',
    'mandator_name', 'mandator_uuid', 'is_test_mandator', 'is_technical_user',
  ]);
  assert.equal(first.body.scope, 'xs2a_mock:user profile');
  const refreshed = await run(finapiRefresh, { ...host, 'eyJhbGciOiJIUzUxMiIsInR5cCIgOiAiSldUIiwia2lkIiA6ICI5N...': first.body.refresh_token });
  assert.equal(refreshed.status, 200);
  assert.equal(refreshed.body.session_state, first.body.session_state);
  assert.notEqual(refreshed.body.access_token, first.body.access_token);
});

test('Flinks: the empty example is told what is missing; the same with its fields gets a token', async (t) => {
  const { server, credentials } = await startDemo(t);
  const host = { 'https://{host}': server.url };
  const empty = await run(flinksToken, host);
  assert.equal(empty.status, 400);
  assert.equal(empty.body.error, 'invalid_request');
  const fields = { grant_type: 'client_credentials', client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  const { status, body } = await run(flinksToken, { ...host, "'{}'": `'${JSON.stringify(fields)}'` });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['access_token', 'token_type', 'expires_in']);
  assert.equal(body.expires_in, 299);
});
