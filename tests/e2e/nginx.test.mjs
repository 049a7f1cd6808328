// A real nginx asks Tessera by auth_request, with the recipe of demo/config/nginx.conf.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDemo, startNginx, until } from './harness.mjs';

async function startGuarded(t) {
  const { server, credentials } = await startDemo(t);
  await server.apply('demo/finlex.toml', 'tests/e2e/realms/finlex-more.toml');
  const nginx = await startNginx(t, server);
  const issue = async (app_id, secret, more = {}) => (await (await server.postJson('/token', { app_id, secret, ...more })).json()).access_token;
  const call = (path, token, headers = {}) =>
    fetch(nginx.url + path, { headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  return { server, credentials, nginx, issue, call, app: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
}

test('a token works, none is refused, a revoked one is refused at once', async (t) => {
  const { server, issue, call, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  const answer = await call('/v1/api/tender', token, { 'X-Tessera-Client-Id': 'somebody-else' });
  assert.equal(answer.status, 200);
  assert.deepEqual([(await answer.json()).caller], [app], 'a made-up identity is replaced');

  const none = await call('/v1/api/tender');
  assert.equal(none.status, 401);
  assert.match(none.headers.get('www-authenticate'), /^Bearer/);

  await server.fetch('/token-revoke', { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  const revoked = await call('/v1/api/tender', token);
  assert.equal(revoked.status, 401);
  assert.match(revoked.headers.get('www-authenticate'), /error="invalid_token"/);
});

test('deleting the secret refuses its tokens at once', async (t) => {
  const { server, issue, call, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  assert.equal((await call('/v1/api/tender', token)).status, 200);
  const [{ id }] = await server.json('secret', 'list', 'finlex', app);
  await server.cli('secret', 'delete', 'finlex', app, id);
  assert.equal((await call('/v1/api/tender', token)).status, 401);
});

test('a token without the scope is forbidden', async (t) => {
  const { server, issue, call } = await startGuarded(t);
  const token = await issue('scopeless-app', await server.newSecret('finlex', 'scopeless-app'));
  const answer = await call('/v1/api/tender', token);
  assert.equal(answer.status, 403);
  assert.match(answer.headers.get('www-authenticate'), /error="insufficient_scope"/);
});

test('a question with a slip lets nobody through, and the log says what is wrong with it', async (t) => {
  const { server, issue, app, secret } = await startGuarded(t);
  const headers = { Authorization: `Bearer ${await issue(app, secret)}` };
  const verdict = async (query) => (await server.fetch(`/realms/finlex/oauth2/verify${query}`, { headers })).status;
  assert.equal(await verdict(''), 200);
  assert.equal(await verdict('?scope=tender:read'), 200);
  const slips = {
    '?scope=': '`scope` is empty',
    '?scop=tender:read': '`scop` is no parameter',
    '?audience=': '`audience` is empty',
    '?scope=tender:read&scope=tender:read': '`scope` is given twice',
    '?scope=tender:read%20': '`scope` is no list of words',
  };
  for (const [query, fault] of Object.entries(slips)) {
    assert.equal(await verdict(query), 503, query);
    await until(`the log says: ${fault}`, () => server.log().split('\n').some((line) => line.includes('question_invalid') && line.includes(fault)));
  }
});

test('?token= works for the client that opted in, only where it may, and appears in no log', async (t) => {
  const { server, nginx, issue, call, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  const query = `?token=${token}`;
  const answer = await call(`/v1/tender${query}`);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).caller, app);
  assert.equal((await call(`/v1/api/tender${query}`)).status, 401, 'this location takes the header only');
  assert.equal((await call(`/v1/tender${query}`, token)).status, 401, 'header and query together are ambiguous');
  assert.equal((await call(`/v1/tender${query}&token=${token}`)).status, 401, 'twice is ambiguous');

  const plain = await issue('plain-app', await server.newSecret('finlex', 'plain-app'));
  assert.equal((await call(`/v1/tender?token=${plain}`)).status, 401, 'plain-app did not opt in');
  const extended = await issue(app, secret, { expiry: new Date(Date.now() + 30 * 86_400_000).toISOString() });
  assert.equal((await call(`/v1/tender?token=${extended}`)).status, 401, 'an extended token has no place in a URL');
  assert.match(nginx.logs(), /\/v1\/tender/, 'the calls are in the log');
  for (const secretText of [token, plain, extended])
    assert.ok(!(nginx.logs() + server.written()).includes(secretText.slice(-40)), 'no token in a log');
});

test('when Tessera is gone the answer is 503, never 200', async (t) => {
  const { server, issue, call, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  await server.kill();
  assert.equal((await call('/v1/api/tender', token)).status, 503);
});

test('HTTP/1.0, as nginx asks by default', async (t) => {
  const { server, issue, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  const answer = await server.raw(`GET /realms/finlex/oauth2/verify HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.[01] 200 /);
  assert.match(answer, /\r\nx-tessera-client-id: tender-app\r\n/i);
});

test('a token hidden in the path is refused, goes nowhere and is in no log', async (t) => {
  const { server, nginx, issue, call, app, secret } = await startGuarded(t);
  const token = await issue(app, secret);
  for (const path of [`/v1/api/tender%3Ftoken=${token}`, `/v1/api/tender%0d%0aAuthorization:%20Bearer%20${token}`, `/v1/tender%3Ftoken=${token}`])
    assert.equal((await call(path)).status, 404, path.slice(0, 30));
  assert.ok(!(nginx.logs() + server.written()).includes(token.slice(-40)), 'no token in a log');
});

test('every identity header is the recipe\'s own', async (t) => {
  const { issue, call, app, secret } = await startGuarded(t);
  const made_up = { 'X-Tessera-Username': 'admin', 'X-Tessera-Token-Id': 'forged', 'X-Tessera-Subject': 'root', 'X-Tessera-Scope': 'all' };
  const answer = await call('/v1/api/tender', await issue(app, secret), made_up);
  assert.equal(answer.status, 200);
  assert.doesNotMatch(await answer.text(), /admin|forged|root|"all"/);
});
