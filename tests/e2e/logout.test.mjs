// Logging out: at a client's request, in a browser (OpenID Connect RP-Initiated Logout 1.0), and how other clients hear of it
// (Back-Channel Logout 1.0).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Browser } from './browser.mjs';
import { claimsOf, scratch, startTessera, until } from './harness.mjs';

const client = (id, more = '') => `
[[client]]
id = "${id}"
dialects = ["keycloak"]
grants = ["authorization_code", "refresh_token"]
scopes = ["openid", "profile"]
redirect_uris = ["https://${id}.example/cb"]
post_logout_redirect_uris = ["https://${id}.example/bye"]
${more}`;

const realmText = (name, more) => `
[realm]
name = "${name}"
scopes = ["openid", "profile"]
${client('web', more.web)}
${client('shop', more.shop)}
${client('brief', 'access_ttl = "1s"')}

[[client]]
id = "plus"
grants = ["authorization_code"]
scopes = ["openid"]
redirect_uris = ["https://plus.example/cb"]
post_logout_redirect_uris = ["+"]

[[user]]
username = "anna"

[[user]]
username = "otto"
`;

const loopback = '[outbound]\nallow = ["127.0.0.0/8"]\n';
const tables = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 1000000\n[password]\npasses = 1\nmemory_kib = 7168\n';

/** A realm with two users and clients that log out; `more` adds to the clients. */
async function startRealm(t, { name = 'exit', more = {}, outbound = loopback } = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], tables: tables + outbound });
  const secrets = {};
  const addRealm = async (realm) => {
    writeFileSync(join(server.dir, `${realm}.toml`), realmText(realm, more));
    await server.apply(join(server.dir, `${realm}.toml`));
    for (const user of ['anna', 'otto']) await server.cliWithInput(`${user} is a long password\n`, 'user', 'set-password', realm, user, '--stdin');
    for (const id of ['web', 'shop', 'brief', 'plus']) secrets[`${realm} ${id}`] = await server.newSecret(realm, id);
  };
  await addRealm(name);
  const withQuery = (base, parameters) => {
    const url = new URL(base);
    for (const [key, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.append(key, value);
    return url;
  };
  const base = (realm = name) => `${server.url}/realms/${realm}/oauth2`;
  const authorize = (parameters = {}, realm = name) => {
    const id = parameters.client_id ?? 'web';
    const asked = { client_id: id, redirect_uri: `https://${id}.example/cb`, response_type: 'code', scope: 'openid', ...parameters };
    return withQuery(`${base(realm)}/authorize`, asked);
  };
  const logout = (parameters = {}) => withQuery(`${base()}/logout`, parameters);
  const token = (fields, id = 'web', realm = name) =>
    fetch(`${base(realm)}/token`, { method: 'POST', body: new URLSearchParams({ client_id: id, client_secret: secrets[`${realm} ${id}`], ...fields }) });
  /** Signs in, or goes on in the session that there is; the tokens. */
  const signIn = async (browser, { id = 'web', user = 'anna', realm = name } = {}) => {
    let answer = await browser.fetch(authorize({ client_id: id }, realm));
    if (answer.has('login')) answer = await browser.signIn(answer, user, `${user} is a long password`);
    const redeemed = await token({ grant_type: 'authorization_code', code: answer.query.code, redirect_uri: `https://${id}.example/cb` }, id, realm);
    const tokens = await redeemed.json();
    assert.equal(redeemed.status, 200, JSON.stringify(tokens));
    return tokens;
  };
  const isSignedIn = async (browser) => Boolean((await browser.fetch(authorize({ prompt: 'none' }))).query.code);
  return { server, base, authorize, logout, token, signIn, isSignedIn, addRealm, secrets };
}

const bye = 'https://web.example/bye';

test('whoever shows an ID token of the user who is signed in logs them out, and all that lives in the session dies', async (t) => {
  const { server, base, logout, token, signIn, isSignedIn } = await startRealm(t);
  const post = (browser, fields) => browser.fetch(logout(), { method: 'POST', body: new URLSearchParams(fields) });
  const keycloak = (parameters) => Object.assign(new URL(`${server.url}/realms/exit/protocol/openid-connect/logout`), { search: new URLSearchParams(parameters) });
  const ways = [
    [302, (browser, fields) => browser.fetch(logout(fields))],
    [303, post],
    [302, (browser, fields) => browser.fetch(keycloak(fields))],
  ];
  for (const [status, ask] of ways) {
    const browser = new Browser();
    const tokens = await signIn(browser);
    const elsewhere = await signIn(browser, { id: 'shop' });
    assert.equal(claimsOf(tokens.id_token).sid, claimsOf(elsewhere.id_token).sid);
    const done = await ask(browser, { id_token_hint: tokens.id_token, post_logout_redirect_uri: bye, state: 'a&b "c"' });
    assert.equal(done.status, status, done.html);
    assert.equal(done.location.origin + done.location.pathname, bye);
    assert.deepEqual(done.query, { state: 'a&b "c"' });
    assert.deepEqual([...browser.cookies.keys()].filter((name) => name.includes('session')), []);
    assert.equal(await isSignedIn(browser), false);
    for (const [id, { access_token, refresh_token }] of [['web', tokens], ['shop', elsewhere]]) {
      assert.equal((await fetch(`${base()}/verify`, { headers: { Authorization: `Bearer ${access_token}` } })).status, 401, id);
      assert.equal((await (await token({ grant_type: 'refresh_token', refresh_token }, id)).json()).error, 'invalid_grant');
    }
    const again = await ask(browser, { id_token_hint: tokens.id_token, post_logout_redirect_uri: bye });
    assert.equal(again.location.href, bye, 'nobody is signed in, and that was asked for');
  }
  assert.match((await new Browser().fetch(logout({ ui_locales: 'de' }))).html, /Sie sind abgemeldet/);
});

test('a cookie that outlived its session signs nobody in and logs nobody out', async (t) => {
  const { logout, signIn, isSignedIn } = await startRealm(t);
  const browser = new Browser();
  const tokens = await signIn(browser);
  const kept = new Map(browser.cookies);
  await browser.fetch(logout({ id_token_hint: tokens.id_token }));
  browser.cookies = kept;
  assert.equal(await isSignedIn(browser), false);
  assert.equal((await browser.fetch(logout())).has('logout'), false);
});

test('an ID token ends its session from a browser without its cookie, too', async (t) => {
  const { base, logout, signIn, isSignedIn } = await startRealm(t);
  const [browser, otto] = [new Browser(), new Browser()];
  const tokens = await signIn(browser);
  const ottos = await signIn(otto, { user: 'otto' });
  const verify = async ({ access_token }) => (await fetch(`${base()}/verify`, { headers: { Authorization: `Bearer ${access_token}` } })).status;
  assert.ok((await otto.fetch(logout({ id_token_hint: tokens.id_token }))).has('logout'), 'another one is signed in there, and is asked');
  assert.equal(await verify(tokens), 200);
  const done = await new Browser().fetch(logout({ id_token_hint: tokens.id_token, post_logout_redirect_uri: bye }));
  assert.equal(done.location.href, bye);
  assert.equal(await verify(tokens), 401);
  assert.equal(await isSignedIn(browser), false);
  assert.equal(await verify(ottos), 200);
  assert.equal((await new Browser().fetch(logout({ id_token_hint: tokens.id_token, post_logout_redirect_uri: bye }))).location.href, bye);
});

test('an expired ID token will do', async (t) => {
  const { logout, signIn, isSignedIn } = await startRealm(t);
  const browser = new Browser();
  const { id_token } = await signIn(browser, { id: 'brief' });
  await until('the ID token expires', () => claimsOf(id_token).exp * 1000 < Date.now());
  assert.equal((await browser.fetch(logout({ id_token_hint: id_token, post_logout_redirect_uri: 'https://brief.example/bye' }))).status, 302);
  assert.equal(await isSignedIn(browser), false);
});

test('without a hint that proves itself the user is asked', async (t) => {
  const { logout, signIn, isSignedIn, addRealm } = await startRealm(t);
  await addRealm('other');
  const browser = new Browser();
  const tokens = await signIn(browser);
  const ofOther = await signIn(new Browser(), { realm: 'other' });
  const ofOtto = await signIn(new Browser(), { user: 'otto' });
  const [header, payload, signature] = tokens.id_token.split('.');
  const forged = `${header}.${payload}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`;
  const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
  const hints = {
    none: undefined,
    forged,
    unsigned,
    'of another realm': ofOther.id_token,
    'of another client': (await signIn(browser, { id: 'shop' })).id_token,
    'of another user': ofOtto.id_token,
    'an access token': tokens.access_token,
    nonsense: 'x'.repeat(5000),
  };
  let page;
  for (const [what, id_token_hint] of Object.entries(hints)) {
    page = await browser.fetch(logout({ id_token_hint, client_id: 'web', post_logout_redirect_uri: bye, state: 's' }));
    assert.deepEqual([page.status, page.has('logout')], [200, true], what);
    assert.ok(await isSignedIn(browser), what);
  }
  const stayed = await browser.submit(page, 'logout', { action: 'stay' });
  assert.match(stayed.html, /You are still signed in/);
  assert.ok(await isSignedIn(browser));
  const left = await browser.submit(page, 'logout', { action: 'logout' });
  assert.deepEqual([left.status, left.location.href], [303, `${bye}?state=s`]);
  assert.equal(await isSignedIn(browser), false);
});

test('nobody is sent to a place that is not registered', async (t) => {
  const { logout, signIn, isSignedIn } = await startRealm(t);
  const browser = new Browser();
  const { id_token } = await signIn(browser);
  const refused = [
    { id_token_hint: id_token, post_logout_redirect_uri: 'https://evil.example/' },
    { id_token_hint: id_token, post_logout_redirect_uri: `${bye}/` },
    { id_token_hint: id_token, post_logout_redirect_uri: 'https://web.example/cb' },
    { id_token_hint: id_token, post_logout_redirect_uri: 'https://shop.example/bye' },
    { post_logout_redirect_uri: bye },
    { client_id: 'nobody', post_logout_redirect_uri: bye },
    { client_id: 'shop', post_logout_redirect_uri: bye },
  ];
  for (const parameters of refused) {
    const page = await browser.fetch(logout(parameters));
    assert.deepEqual([page.status, page.location], [400, null], JSON.stringify(parameters));
    assert.match(page.headers.get('content-type'), /^text\/html/);
  }
  const twice = logout({ id_token_hint: id_token, post_logout_redirect_uri: bye });
  twice.searchParams.append('post_logout_redirect_uri', 'https://evil.example/');
  assert.equal((await browser.fetch(twice)).status, 400);
  assert.ok(await isSignedIn(browser), 'a request that is refused ends nothing');
  const plus = { client_id: 'plus', post_logout_redirect_uri: 'https://plus.example/cb' };
  assert.equal((await new Browser().fetch(logout(plus))).location.href, 'https://plus.example/cb');
});

test('a form to log out is good for the browser and the session that it was shown for', async (t) => {
  const { authorize, logout, signIn, isSignedIn } = await startRealm(t);
  const [mine, theirs] = [new Browser(), new Browser()];
  await signIn(mine);
  await signIn(theirs, { user: 'otto' });
  const page = await mine.fetch(logout());
  assert.equal((await theirs.submit(page, 'logout', { action: 'logout' })).status, 400);
  assert.equal((await new Browser().submit(page, 'logout', { action: 'logout' })).status, 400);
  assert.equal((await theirs.fetch(page.form('logout').action, { method: 'POST', body: new URLSearchParams({ action: 'logout' }) })).status, 400);
  assert.ok(await isSignedIn(theirs));
  await mine.signIn(await mine.fetch(authorize({ prompt: 'login' })), 'anna', 'anna is a long password');
  assert.equal((await mine.submit(page, 'logout', { action: 'logout' })).status, 400, 'it asked about the session before');
  assert.ok(await isSignedIn(mine));
  for (const header of ['x-frame-options', 'content-security-policy']) assert.ok(page.headers.get(header), header);
});

test('Keycloak\'s clients log out with a refresh token at the same path', async (t) => {
  const { server, secrets, signIn, isSignedIn } = await startRealm(t);
  const browser = new Browser();
  const { refresh_token } = await signIn(browser);
  const post = (fields) => server.postForm('/realms/exit/protocol/openid-connect/logout', { client_id: 'web', ...fields });
  assert.equal((await post({ refresh_token, client_secret: 'wrong' })).status, 401);
  assert.ok(await isSignedIn(browser));
  for (let time = 0; time < 2; ++time) {
    const done = await post({ refresh_token, client_secret: secrets['exit web'] });
    assert.deepEqual([done.status, await done.text()], [204, '']);
  }
  assert.equal(await isSignedIn(browser), false);
  const empty = await post({ refresh_token: '', client_secret: secrets['exit web'] });
  assert.deepEqual([empty.status, (await empty.json()).error], [400, 'invalid_request']);
});

test('a hint at the authorization endpoint says who is meant', async (t) => {
  const { authorize, signIn } = await startRealm(t);
  const [browser, other] = [new Browser(), new Browser()];
  const mine = await signIn(browser);
  const ottos = await signIn(other, { user: 'otto' });
  const ask = async (id_token_hint, more = {}) => browser.fetch(authorize({ id_token_hint, prompt: 'none', ...more }));
  assert.ok((await ask(mine.id_token)).query.code);
  assert.equal((await ask(ottos.id_token)).query.error, 'login_required');
  assert.equal((await ask(mine.id_token.slice(0, -4) + 'AAAA')).query.error, 'login_required');
  assert.equal((await ask(mine.id_token, { client_id: 'shop', redirect_uri: 'https://shop.example/cb' })).query.error, 'login_required');
  assert.ok((await ask(ottos.id_token, { prompt: undefined })).has('login'));
});

/** A client's server: answers `/NAME` as told, and keeps what came. */
async function startReceiver(t, answers, tls) {
  const received = [];
  const handler = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url, method: request.method, type: request.headers['content-type'], host: request.headers.host, body });
    const before = received.filter(({ path }) => path === request.url).length - 1;
    const [status, headers = {}] = answers[request.url]?.[Math.min(before, answers[request.url].length - 1)] ?? [404];
    response.writeHead(status, headers).end();
  };
  const server = tls ? createTlsServer(tls, handler) : createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const at = (path) => received.filter((entry) => entry.path === path);
  return { port: server.address().port, received, at, tokenAt: (path) => new URLSearchParams(at(path).at(-1).body).get('logout_token') };
}

const told = (uri) => `backchannel_logout_uri = "${uri}"\nbackchannel_logout_session_required = true\n`;

async function metric(server, name) {
  const text = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

test('clients that have a part in a session are told when it ends, over TLS that an authority of the operator vouches for', async (t) => {
  const dir = scratch(t);
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert]);
  const secure = await startReceiver(t, { '/shop': [[204]] }, { key: readFileSync(key), cert: readFileSync(cert) });
  const plain = await startReceiver(t, { '/web': [[200]] });
  const { server, base, logout, signIn } = await startRealm(t, {
    more: { web: told(`http://127.0.0.1:${plain.port}/web`), shop: told(`https://localhost:${secure.port}/shop`) },
    outbound: `[outbound]\nallow = ["127.0.0.0/8"]\nca_file = ${JSON.stringify(cert)}\n`,
  });
  const keys = createRemoteJWKSet(new URL(`${base()}/jwks`));
  const verify = (token, audience) => jwtVerify(token, keys, { issuer: `${server.url}/realms/exit`, audience, typ: 'logout+jwt', maxTokenAge: 60 });

  const browser = new Browser();
  const tokens = await signIn(browser);
  await signIn(browser, { id: 'shop' });
  await signIn(new Browser(), { user: 'otto' });
  await browser.fetch(logout({ id_token_hint: tokens.id_token }));
  await until('both are told', () => plain.received.length === 1 && secure.received.length === 1);
  const jtis = new Set();
  for (const [receiver, id] of [[plain, 'web'], [secure, 'shop']]) {
    const [{ method, type }] = receiver.received;
    assert.deepEqual([method, type], ['POST', 'application/x-www-form-urlencoded']);
    const { payload } = await verify(receiver.tokenAt(`/${id}`), id);
    const { sub, sid } = claimsOf(tokens.id_token);
    assert.deepEqual([payload.sub, payload.sid], [sub, sid]);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.ok(!('nonce' in payload) && payload.exp - payload.iat <= 120);
    jtis.add(payload.jti);
  }
  assert.equal(jtis.size, 2);
  await until('both are counted', async () => (await metric(server, 'tessera_backchannel_logout_delivered_total')) === 2);
  const asHint = await browser.fetch(logout({ id_token_hint: plain.tokenAt('/web') }));
  assert.match(asHint.html, /You are signed out/);

  // However a session ends: by command, with all of the user's, with the password.
  const ends = [
    async (sid) => server.cli('session', 'end', 'exit', sid),
    async () => server.cli('user', 'end-sessions', 'exit', 'anna'),
    async () => server.cliWithInput('anna is a long password\n', 'user', 'set-password', 'exit', 'anna', '--stdin'),
  ];
  for (const [times, end] of ends.entries()) {
    const { id_token } = await signIn(new Browser());
    const { sid } = claimsOf(id_token);
    await end(sid);
    await until('the client is told', () => plain.received.length >= times + 2);
    assert.equal((await verify(plain.tokenAt('/web'), 'web')).payload.sid, sid);
  }
  const { end_session_endpoint, backchannel_logout_supported, backchannel_logout_session_supported } = await (
    await fetch(`${server.url}/realms/exit/.well-known/openid-configuration`)
  ).json();
  assert.match(end_session_endpoint, /\/logout$/);
  assert.deepEqual([backchannel_logout_supported, backchannel_logout_session_supported], [true, true]);
});

test('a client that fails is tried again; a redirect leads nowhere, and a refusal is final (70)', async (t) => {
  const receiver = await startReceiver(t, { '/flaky': [[503], [500], [200]], '/away': [[307, { location: '/elsewhere' }]], '/elsewhere': [[200]] });
  const { server, logout, signIn } = await startRealm(t, {
    more: { web: told(`http://127.0.0.1:${receiver.port}/flaky`), shop: told(`http://127.0.0.1:${receiver.port}/away`) },
  });
  const browser = new Browser();
  const { id_token } = await signIn(browser);
  await signIn(browser, { id: 'shop' });
  await browser.fetch(logout({ id_token_hint: id_token }));
  await until('the third try succeeds', async () => (await metric(server, 'tessera_backchannel_logout_delivered_total')) === 1, 40);
  assert.equal(receiver.at('/flaky').length, 3);
  assert.equal(receiver.at('/away').length, 1);
  assert.equal(receiver.at('/elsewhere').length, 0);
  await until('the other is counted', async () => (await metric(server, 'tessera_backchannel_logout_failed_total')) === 1);
  assert.match(server.log(), /backchannel_logout_failed.*status 307/);
});

test('no private address is gone to unless the operator lists it, and no server without a known certificate', async (t) => {
  const dir = scratch(t);
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]);
  const secure = await startReceiver(t, { '/shop': [[200]] }, { key: readFileSync(key), cert: readFileSync(cert) });
  const plain = await startReceiver(t, { '/web': [[200]] });
  const more = { web: told(`http://127.0.0.1:${plain.port}/web`), shop: told(`https://localhost:${secure.port}/shop`) };
  for (const [outbound, expected] of [['', /outbound_refused/], [loopback, /outbound_failed: TLS/]]) {
    const { server, logout, signIn } = await startRealm(t, { more, outbound });
    const browser = new Browser();
    const { id_token } = await signIn(browser, { id: 'shop' });
    if (!outbound) await signIn(browser);
    await browser.fetch(logout({ id_token_hint: id_token }));
    await until('it is refused', () => expected.test(server.log()));
  }
  assert.deepEqual([plain.received.length, secure.received.length], [0, 0]);
});

test('where a client may be told is a web address', async (t) => {
  const { server } = await startRealm(t);
  for (const uri of ['http://web.example/out', 'javascript:alert(1)', 'com.example.app:/out', 'https://u:p@web.example/', 'out']) {
    writeFileSync(join(server.dir, 'bad.toml'), `[realm]\nname = "bad"\n${client('app', told(uri))}`);
    await assert.rejects(server.apply(join(server.dir, 'bad.toml')), /backchannel_logout_uri/, uri);
  }
});
