// Logging out: at a client's request, in a browser (OpenID Connect RP-Initiated Logout 1.0).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { claimsOf, startTessera, until } from './harness.mjs';

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

const tables = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 1000000\n[password]\npasses = 1\nmemory_kib = 7168\n';

/** A realm with two users and clients that log out; `more` adds to the clients. */
async function startRealm(t, { name = 'exit', more = {} } = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], tables });
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
