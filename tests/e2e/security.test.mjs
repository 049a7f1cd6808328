// Requests that no honest client sends, byte by byte. The numbers are those of the cases in docs/security.md.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser, pkce } from './browser.mjs';
import { startDemo, startNginx } from './harness.mjs';

const statusOf = (answer) => Number(/^HTTP\/1\.[01] (\d+) /.exec(answer)?.[1] ?? 0);
const statusesOf = (answer) => [...answer.matchAll(/HTTP\/1\.[01] (\d+) /g)].map(([, status]) => Number(status));
const head = (extra, body = '') =>
  `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${extra}\r\n${body}`;

/**
 * Adds the realm `people` to a server; a novice signs in to `web` there and has to choose another password. What that takes, by name, and
 * ways to go on: `ask` sends their browser to the authorization endpoint.
 */
async function signInNovice(server) {
  await server.apply('tests/e2e/realms/people.toml');
  const passwords = { first: 'planted-first-5bX9-Qw7RtZ', second: 'planted-second-5bX9-Qw7RtZ' };
  await server.cliWithInput(`${passwords.first}\n`, 'user', 'set-password', 'people', 'novice', '--stdin');
  const client = { client_id: 'web', client_secret: await server.newSecret('people', 'web') };
  const { verifier, challenge } = pkce();
  const browser = new Browser();
  const endpoint = '/realms/people/oauth2';
  const shared = { redirect_uri: 'https://web.example/cb' };
  const asked = { ...shared, client_id: 'web', response_type: 'code', scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256' };
  const ask = (more, from = browser) => from.fetch(`${server.url}${endpoint}/authorize?${new URLSearchParams({ ...asked, ...more })}`);
  const post = (path, fields) => server.postForm(`${endpoint}/${path}`, { ...client, ...fields });
  const redeem = (code) => post('token', { ...shared, grant_type: 'authorization_code', code, code_verifier: verifier });

  const login = await ask();
  const choosing = await browser.signIn(login, 'novice', passwords.first);
  const back = await browser.submit(choosing, 'new-password', { new_password: passwords.second, new_password_again: passwords.second });
  const { code } = back.query;
  const tokens = await (await redeem(code)).json();
  const interactions = [login.form('login').fields.interaction, choosing.form('new-password').fields.interaction];
  return { browser, ask, post, redeem, passwords, client, verifier, code, interactions, tokens };
}

test('requests that could be read in two ways are refused and the connection ends', async (t) => {
  const { server } = await startDemo(t);
  const smuggled = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
  const cases = {
    'Content-Length with Transfer-Encoding': head('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
    'two Content-Lengths that differ': head('Content-Length: 2\r\nContent-Length: 40\r\n', `{}${smuggled}`),
    'two Content-Lengths alike': head('Content-Length: 2\r\nContent-Length: 2\r\n', `{}${smuggled}`),
    'a Content-Length with a sign': head('Content-Length: +2\r\n', `{}${smuggled}`),
    'a Content-Length beyond 64 bits': head('Content-Length: 99999999999999999999\r\n', '{}'),
    'a Transfer-Encoding that is not chunked': head('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`),
    'a bare LF': `POST /token HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}${smuggled}`,
    'a folded header': head('X-Long: a\r\n b\r\nContent-Length: 2\r\n', `{}${smuggled}`),
    'space before the colon': head('Content-Length : 2\r\n', `{}${smuggled}`),
    'two Hosts': head('Host: b\r\nContent-Length: 2\r\n', `{}${smuggled}`),
    'a control character in a header': head('X-A: a\x01b\r\nContent-Length: 2\r\n', `{}${smuggled}`),
    'a NUL in the path': `GET /to\0ken HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`,
    'no Host': `GET /healthz HTTP/1.1\r\n\r\n${smuggled}`,
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const answer = await server.raw(bytes);
    assert.deepEqual(statusesOf(answer), [name.endsWith('beyond 64 bits') ? 413 : 400], name);
    assert.match(answer, /\r\nconnection: close\r\n/i, name);
  }
  assert.equal((await server.fetch('/healthz')).status, 200);
});

test('limits: headers, fields, body, depth, parameters, scope words (85, 87)', async (t) => {
  const { server, credentials } = await startDemo(t);
  const many = Array.from({ length: 10_000 }, (_, index) => `X-${index}: v\r\n`).join('');
  assert.equal(statusOf(await server.raw(head(many))), 431);
  const fields = Array.from({ length: 101 }, (_, index) => `X-${index}: v\r\n`).join('');
  assert.equal(statusOf(await server.raw(head(`${fields}Content-Length: 2\r\n`, '{}'))), 431);
  assert.equal(statusOf(await server.raw(head(`X-Big: ${'a'.repeat(17_000)}\r\n`))), 431);
  assert.equal(statusOf(await server.raw(head('Content-Length: 70000\r\n'))), 413, 'refused by its length, before the body');
  assert.equal((await server.postJson('/token', '[' .repeat(40))).status, 400);
  const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
  const asJson = (body) => server.fetch('/token', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  assert.equal((await asJson(deep)).status, 400);
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])));
  assert.equal((await asJson(wide)).status, 400);
  const scope = Array.from({ length: 20_000 }, (_, index) => `s${index % 10}`).join(' ');
  const flinks = { grant_type: 'client_credentials', client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  assert.equal((await server.postJson('/api/v1/token', { ...flinks, scope })).status, 400);
});

test('a chunked body counts against the same limit', async (t) => {
  const { server } = await startDemo(t);
  const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
  const answer = await server.raw(head('Transfer-Encoding: chunked\r\n', `${chunk.repeat(6)}0\r\n\r\n`));
  assert.deepEqual(statusesOf(answer), [413]);
});

test('a password of 1 MB is refused before any hashing (77)', async (t) => {
  const { server, credentials } = await startDemo(t);
  const path = '/realms/customer/protocol/openid-connect/token';
  const form = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME };
  // As bytes: it is answered and closed before all was sent, which not every client lives through.
  const body = new URLSearchParams({ ...form, password: 'x'.repeat(1_000_000) }).toString();
  const fields = `Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`;
  assert.equal(statusOf(await server.raw(`POST ${path} HTTP/1.1\r\n${fields}\r\n${body}`)), 413);
  const long = await server.postForm(path, { ...form, password: 'x'.repeat(129) });
  assert.equal(long.status, 400);
});

test('forged tokens are refused (52, 54, 55, 57, 58, 59)', async (t) => {
  const { server, credentials } = await startDemo(t);
  const body = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  const { access_token: good } = await (await server.postJson('/token', body)).json();
  const [header, payload, signature] = good.split('.');
  const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  const withHeader = (change) => `${encode({ ...decode(header), ...change })}.${payload}.${signature}`;
  const hmacInput = `${encode({ ...decode(header), alg: 'HS256' })}.${payload}`;
  const jwks = await (await server.fetch('/realms/finlex/oauth2/jwks')).text();
  const forged = {
    'alg none': `${encode({ ...decode(header), alg: 'none' })}.${payload}.`,
    'HS256 under the public key': `${hmacInput}.${createHmac('sha256', jwks).update(hmacInput).digest('base64url')}`,
    'another alg': withHeader({ alg: 'RS256' }),
    'an unknown crit': withHeader({ crit: ['x'], x: 1 }),
    'an embedded jwk': withHeader({ jwk: JSON.parse(jwks).keys[0] }),
    'a jku': withHeader({ jku: 'http://127.0.0.1:1/' }),
    'kid as a path': withHeader({ kid: '../../../../etc/passwd' }),
    'kid as SQL': withHeader({ kid: "' OR 1=1 --" }),
    'another payload': `${header}.${encode({ ...decode(payload), scope: 'admin' })}.${signature}`,
    'a claim given twice': `${header}.${encode(Buffer.from(payload, 'base64url').toString().replace('{', '{"exp":9999999999,'))}.${signature}`,
    'a zero signature': `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'padding': `${good}=`,
    'another alphabet': good.replace(/[-_]/g, (c) => (c === '-' ? '+' : '/')) + (/[-_]/.test(good) ? '' : '+'),
    'four parts': `${good}.${signature}`,
    'one part': header,
    'nothing': '.',
  };
  const verdict = async (token) => (await server.fetch('/realms/finlex/oauth2/verify', { headers: { Authorization: `Bearer ${token}` } })).status;
  assert.equal(await verdict(good), 200);
  for (const [name, token] of Object.entries(forged)) assert.equal(await verdict(token), 401, name);
  const huge = await server.raw(
    `GET /realms/finlex/oauth2/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${withHeader({ kid: 'k'.repeat(65_536) })}\r\n\r\n`,
  );
  assert.equal(statusOf(huge), 431);
  for (const realm of ['customer', 'flinks']) {
    const answer = await server.fetch(`/realms/${realm}/oauth2/verify`, { headers: { Authorization: `Bearer ${good}` } });
    assert.equal(answer.status, 401, `a token of realm finlex in realm ${realm}`);
  }
});

test('a refresh token is no access token (58)', async (t) => {
  const { server, credentials } = await startDemo(t);
  const form = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD };
  const { refresh_token } = await (await server.postForm('/realms/customer/protocol/openid-connect/token', form)).json();
  const answer = await server.fetch('/realms/customer/oauth2/verify', { headers: { Authorization: `Bearer ${refresh_token}` } });
  assert.equal(answer.status, 401);
});

test('what was made for one use is good for no other, and is not spent by being shown there (26)', async (t) => {
  const { server } = await startDemo(t);
  const { browser, ask, post, redeem, passwords, client, tokens } = await signInNovice(server);
  writeFileSync(join(server.dir, 'open.toml'), '[realm]\nname = "people"\nregistration_template = "web"\n');
  await server.apply(join(server.dir, 'open.toml'));
  const { token: initial } = await server.json('initial-access-token', 'add', 'people');
  const register = (token) =>
    server.postJson('/realms/people/oauth2/register', { redirect_uris: ['https://new.example/cb'] }, { Authorization: `Bearer ${token}` });
  const refresh = (shown) => post('token', { grant_type: 'refresh_token', refresh_token: shown });
  const refusal = async (answer) => [answer.status, (await answer.json()).error];
  const login = await ask({ prompt: 'login' });
  const { interaction } = login.form('login').fields;

  const { access_token, refresh_token, id_token } = tokens;
  const codes = { access_token, refresh_token, id_token, initial, interaction, ...client, ...Object.fromEntries(browser.cookies) };
  for (const [name, value] of Object.entries(codes)) assert.deepEqual(await refusal(await redeem(value)), [400, 'invalid_grant'], name);
  assert.equal((await register(initial)).status, 201);
  assert.equal((await refresh(refresh_token)).status, 200);
  const { code } = (await browser.signIn(login, 'novice', passwords.second)).query;

  assert.deepEqual(await refusal(await refresh(code)), [400, 'invalid_grant']);
  assert.deepEqual(await refusal(await register(code)), [401, 'invalid_token']);
  assert.equal((await browser.submit(login, 'login', { interaction: code })).status, 400);
  assert.equal((await redeem(code)).status, 200);
});

test('a client may use only the dialects that its policy lists', async (t) => {
  const { server } = await startDemo(t);
  await server.apply('demo/finlex.toml', 'tests/e2e/realms/finlex-more.toml');
  const secret = await server.newSecret('finlex', 'flinks-only-app');
  assert.equal((await server.postJson('/token', { app_id: 'flinks-only-app', secret })).status, 401);
});

test('errors echo nothing of the request', async (t) => {
  const { server } = await startDemo(t);
  const mark = 'zz<script>zz';
  for (const [status, answer] of [
    [401, await server.postJson('/token', { app_id: mark, secret: mark })],
    [400, await server.postJson('/api/v1/token', { grant_type: mark })],
    [400, await server.postForm('/realms/customer/protocol/openid-connect/token', { grant_type: mark, client_id: mark })],
    [404, await server.fetch(`/realms/${encodeURIComponent(mark)}/oauth2/jwks`)],
  ]) {
    assert.equal(answer.status, status, answer.url);
    assert.ok(!(await answer.text()).includes('zz'), answer.url);
  }
});

test('a slow sender is cut, and others are served meanwhile', { timeout: 60_000 }, async (t) => {
  const { server } = await startDemo(t);
  const slow = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1'));
  const closed = slow.map((socket) => new Promise((done) => (socket.on('close', done), socket.on('error', () => {}), socket.resume())));
  await Promise.all(slow.map((socket) => once(socket, 'connect')));
  for (const socket of slow) socket.write('POST /token HTTP/1.1\r\nHost: a\r\nContent-Le');
  assert.equal((await server.fetch('/healthz')).status, 200);
  const cut = await Promise.race([Promise.all(closed).then(() => true), sleep(30_000, false)]);
  for (const socket of slow) socket.destroy();
  assert.ok(cut, 'every slow connection was cut');
});

test('planted secrets appear in no log, metric or error, at debug level (97)', async (t) => {
  const tables = '[log]\nlevel = "debug"\n[throttle]\naddress_per_minute = 1000000\n';
  const { server, credentials } = await startDemo(t, { tables });
  const nginx = await startNginx(t, server);
  const planted = [];
  const plant = (name) => (planted.push(`planted-${name}-5bX9`), planted.at(-1));
  const { access_token } = await (
    await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET })
  ).json();
  planted.push(credentials.FINLEX_SECRET, credentials.FINAPI_PASSWORD, credentials.FLINKS_CLIENT_SECRET, access_token.split('.')[2]);
  const form = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME };
  await server.postForm('/realms/customer/protocol/openid-connect/token', { ...form, password: credentials.FINAPI_PASSWORD });
  const novice = await signInNovice(server);
  const { refresh_token, id_token } = novice.tokens;
  planted.push(...Object.values(novice.passwords), novice.client.client_secret, novice.verifier, novice.code, ...novice.interactions);
  planted.push(refresh_token, ...[id_token, ...novice.browser.cookies.values()].map((signed) => signed.split('.').at(-1)));
  // A page may show what was entered as the username; nothing else may.
  const stranger = new Browser();
  await stranger.signIn(await novice.ask({}, stranger), novice.passwords.second, 'x');
  const answers = [
    await novice.redeem(novice.code),
    await novice.redeem(refresh_token),
    await novice.post('token', { grant_type: novice.code, refresh_token: novice.verifier }),
    await server.postForm('/realms/people/oauth2/authorize/continue', { interaction: novice.interactions[1], new_password: novice.passwords.second }),
    await server.fetch('/realms/people/oauth2/userinfo', { headers: { Authorization: `Bearer ${id_token}` } }),
    await server.fetch(`/realms/people/oauth2/logout?id_token_hint=${id_token}`, { headers: { Cookie: `tessera-session-people=${novice.code}` } }),
    await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: plant('app') }),
    await server.postForm('/realms/customer/protocol/openid-connect/token', { ...form, password: plant('password') }),
    await server.fetch('/api/v1/token', { method: 'POST', headers: { Authorization: `Basic ${btoa(`a:${plant('basic')}`)}` } }),
    await server.fetch('/token-revoke', { method: 'POST', headers: { Authorization: `Bearer ${plant('bearer')}` } }),
    await fetch(`${nginx.url}/v1/tender?token=${plant('query')}`),
    await server.fetch(`/token?secret=${plant('target')}`, { method: 'POST' }),
    // Where two fields were confused.
    await server.postJson('/token', { app_id: credentials.FINLEX_SECRET, secret: credentials.FINLEX_APP_ID }),
    await server.postJson('/api/v1/token', { grant_type: credentials.FLINKS_CLIENT_SECRET, client_id: credentials.FLINKS_CLIENT_SECRET }),
    await server.postJson('/token-revoke', {}, { Authorization: `Basic ${btoa(`${credentials.FINLEX_SECRET}:x`)}` }),
    await server.postJson('/token', { app_id: plant('id'), secret: credentials.FINLEX_APP_ID }),
    await server.postForm('/realms/customer/protocol/openid-connect/token', { ...form, username: plant('username'), password: 'x' }),
    await server.postForm('/realms/customer/protocol/openid-connect/token', { ...form, grant_type: plant('grant') }),
    await server.postForm('/realms/customer/protocol/openid-connect/token', {
      ...form,
      password: credentials.FINAPI_PASSWORD,
      scope: plant('scope'),
    }),
  ];
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  const metrics = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
  await server.stop();
  const everything = [...texts, metrics, server.written(), nginx.logs()].join('\n');
  const refusals = ['user_password_wrong', 'code_spent', 'interaction_invalid'].map((reason) => `"reason":"${reason}"`);
  for (const trace of ['request_refused', ...refusals, 'tessera_', '/v1/tender'])
    assert.ok(everything.includes(trace), `${trace} is in none of them: were they read?`);
  for (const secret of planted) assert.ok(!everything.includes(secret), `${secret.slice(0, 14)}... leaked`);
});

test('guessing a secret backs off for that client and address, and ends with the wait', async (t) => {
  const { server, credentials } = await startDemo(t);
  const ask = (secret) => server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret });
  const guesses = [];
  for (let i = 0; i < 8; i += 1) guesses.push(await ask(`wrong-${i}`));
  const statuses = guesses.map(({ status }) => status);
  assert.deepEqual(statuses.slice(0, 5), Array(5).fill(401));
  const refused = guesses.find(({ status }) => status === 429);
  assert.ok(refused, `no guess was throttled: ${statuses}`);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  let answer = await ask(credentials.FINLEX_SECRET);
  for (let i = 0; i < 50 && answer.status === 429; i += 1) {
    await sleep(200);
    answer = await ask(credentials.FINLEX_SECRET);
  }
  assert.equal(answer.status, 200);
});
