// Finlex on the wire, and what its secrets and revocations do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareEvents } from './events.mjs';
import { claimsOf, headerOf, startDemo } from './harness.mjs';
import { playTranscript } from './transcript.mjs';

test('the golden transcript', async (t) => {
  const { now_s, options, eventsOf } = prepareEvents(t);
  const inDays = (days) => new Date((now_s + days * 86_400) * 1000).toISOString().replace('Z', '123456Z');
  const { server, credentials } = await startDemo(t, options);
  await server.apply('demo/finlex.toml', 'tests/e2e/realms/finlex-more.toml');
  const variables = {
    app: credentials.FINLEX_APP_ID,
    secret: credentials.FINLEX_SECRET,
    plain_secret: await server.newSecret('finlex', 'plain-app'),
    hasty_secret: await server.newSecret('finlex', 'hasty-app'),
    in_10_minutes: new Date((now_s + 600) * 1000).toISOString(),
    in_5_years: inDays(5 * 365),
    in_11_years: inDays(11 * 366),
  };
  await playTranscript(t, 'finlex', server, variables, eventsOf(server));
  assert.equal(headerOf(variables.token).alg, 'ES256');
  assert.ok(headerOf(variables.token).kid);
  const claims = claimsOf(variables.token);
  assert.equal(claims.iss, `${server.url}/realms/finlex`);
  assert.equal(claims.client_id, credentials.FINLEX_APP_ID);
  assert.equal(claims.scope, 'tender:read tender:write');
  assert.equal(claims.exp - claims.iat, 3600);
  for (const name of ['jti', 'sub', 'rev', 'lineage']) assert.ok(name in claims, name);
});

/** A token of the demo's app by `secret`, and whether forward auth takes it. */
function tools(server, app) {
  return {
    issue: async (secret) => (await (await server.postJson('/token', { app_id: app, secret })).json()).access_token,
    verdict: async (token) => (await server.fetch('/realms/finlex/oauth2/verify', { headers: { Authorization: `Bearer ${token}` } })).status,
  };
}

test('deleting a secret kills exactly the tokens issued with it, at once', async (t) => {
  const { server, credentials } = await startDemo(t);
  const { issue, verdict } = tools(server, credentials.FINLEX_APP_ID);
  const second = await server.json('secret', 'add', 'finlex', credentials.FINLEX_APP_ID);
  const ofFirst = await issue(credentials.FINLEX_SECRET);
  const ofSecond = await issue(second.secret);
  assert.deepEqual([await verdict(ofFirst), await verdict(ofSecond)], [200, 200]);
  await server.cli('secret', 'delete', 'finlex', credentials.FINLEX_APP_ID, second.id);
  assert.deepEqual([await verdict(ofFirst), await verdict(ofSecond)], [200, 401]);
  assert.equal(await issue(second.secret), undefined);
  assert.ok(await issue(credentials.FINLEX_SECRET));
});

test('a third live secret is refused', async (t) => {
  const { server, credentials } = await startDemo(t);
  await server.newSecret('finlex', credentials.FINLEX_APP_ID);
  await assert.rejects(server.newSecret('finlex', credentials.FINLEX_APP_ID), ({ code, stderr }) => code !== 0 && stderr.trim().length > 0);
});

test('an imported secret keeps working under its old id', async (t) => {
  const { server, credentials } = await startDemo(t);
  const app = credentials.FINLEX_APP_ID;
  await server.cliWithInput('what the old system gave out', 'secret', 'import', 'finlex', app, '--stdin');
  const { issue, verdict } = tools(server, app);
  assert.equal(await verdict(await issue('what the old system gave out')), 200);
});

test('a short imported secret is taken, with a warning', async (t) => {
  const { server, credentials } = await startDemo(t);
  const take = (secret, ...args) => server.cliWithInput(secret, 'secret', 'import', 'finlex', credentials.FINLEX_APP_ID, '--stdin', ...args);
  const { stdout, stderr } = await take('a');
  assert.match(stderr, /^tessera: warning: taken, but a secret of fewer than 16 bytes may be guessed; .*\n$/);
  assert.doesNotMatch(stdout, /warning/);
  const { issue, verdict } = tools(server, credentials.FINLEX_APP_ID);
  assert.equal(await verdict(await issue('a')), 200);
  const [{ id }] = (await server.json('secret', 'list', 'finlex', credentials.FINLEX_APP_ID)).filter(({ imported }) => imported);
  await server.cli('secret', 'delete', 'finlex', credentials.FINLEX_APP_ID, id);
  const asJson = await take('b', '--json');
  assert.match(JSON.parse(asJson.stdout).warning, /may be guessed/);
  assert.match(asJson.stderr, /may be guessed/);
});

test('what was revoked stays revoked over a restart, and a live token stays live', async (t) => {
  const { server, credentials } = await startDemo(t);
  const { issue, verdict } = tools(server, credentials.FINLEX_APP_ID);
  const [revoked, live] = [await issue(credentials.FINLEX_SECRET), await issue(credentials.FINLEX_SECRET)];
  const answer = await server.fetch('/token-revoke', { method: 'POST', headers: { Authorization: `Bearer ${revoked}` } });
  assert.equal(answer.status, 204);
  await server.kill();
  await server.start();
  assert.deepEqual([await verdict(revoked), await verdict(live)], [401, 200]);
});
