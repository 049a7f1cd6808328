// People sign in: the authorization endpoint with its pages, in the standard dialect.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Browser, pkce } from './browser.mjs';
import { prepareEvents } from './events.mjs';
import { startTessera } from './harness.mjs';

const redirectUri = 'https://web.example/cb';

/** A server with the realm `people`, anna's password and the secret of `web`. */
async function startPeople(t, options = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], ...options });
  await server.apply('tests/e2e/realms/people.toml');
  const passwords = {};
  for (const name of ['anna', 'petra', 'novice', 'away']) {
    passwords[name] = `${name} is a long password`;
    await server.cliWithInput(`${passwords[name]}\n`, 'user', 'set-password', 'people', name, '--stdin');
  }
  const secrets = { web: await server.newSecret('people', 'web'), careful: await server.newSecret('people', 'careful') };
  const base = `${server.url}/realms/people/oauth2`;
  const authorize = (parameters) => {
    const url = new URL(`${base}/authorize`);
    for (const [name, value] of Object.entries({ client_id: 'web', redirect_uri: redirectUri, response_type: 'code', ...parameters }))
      if (value !== undefined) url.searchParams.append(name, value);
    return url;
  };
  const token = async (fields, client = 'web') =>
    fetch(`${base}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: client, ...(secrets[client] && { client_secret: secrets[client] }), ...fields }),
    });
  const redeem = (code, more = {}, client = 'web') => token({ code, redirect_uri: redirectUri, ...more }, client);
  return { server, base, authorize, token, redeem, passwords, secrets };
}

const claims = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

test('a person signs in, and the client gets tokens for what was asked', async (t) => {
  const { server, authorize, redeem, token, passwords } = await startPeople(t);
  const browser = new Browser();
  const page = await browser.fetch(authorize({ scope: 'openid accounts', state: 'a b&c', nonce: 'n-1', login_hint: 'anna' }));
  assert.equal(page.status, 200);
  assert.equal(page.form('login').fields.username, 'anna');
  assert.match(page.html, /Budget Planner/);
  assert.match(page.html, /Example Bank/);

  const wrong = await browser.signIn(page, 'anna', 'nonsense');
  assert.match(wrong.html, /role="alert"/);
  const back = await browser.signIn(wrong, 'anna', passwords.anna);
  assert.equal(back.status, 303);
  assert.equal(back.location.origin + back.location.pathname, redirectUri);
  assert.deepEqual(Object.keys(back.query), ['code', 'state', 'iss']);
  assert.equal(back.query.state, 'a b&c');
  assert.equal(back.query.iss, `${server.url}/realms/people`);

  const answer = await redeem(back.query.code);
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  assert.equal(tokens.scope, 'openid accounts');
  const id = claims(tokens.id_token);
  assert.deepEqual([id.aud, id.nonce, id.iss], ['web', 'n-1', `${server.url}/realms/people`]);
  assert.ok(id.auth_time && id.at_hash && id.c_hash);
  const refreshed = await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.equal(refreshed.status, 200);
});

test('who is signed in is not asked again, unless the client asks for it', async (t) => {
  const { authorize, redeem, passwords } = await startPeople(t);
  const browser = new Browser();
  const first = await browser.signIn(await browser.fetch(authorize({ scope: 'openid' })), 'anna', passwords.anna);
  const again = await browser.fetch(authorize({ scope: 'openid', prompt: 'none' }));
  assert.equal(again.status, 302);
  assert.ok(again.query.code);
  const [one, two] = [await (await redeem(first.query.code)).json(), await (await redeem(again.query.code)).json()];
  assert.equal(claims(one.id_token).sid, claims(two.id_token).sid);
  assert.equal(claims(one.id_token).auth_time, claims(two.id_token).auth_time);

  assert.ok((await browser.fetch(authorize({ prompt: 'login' }))).has('login'));
  await new Promise((done) => setTimeout(done, 1100));
  assert.ok((await browser.fetch(authorize({ max_age: '0' }))).has('login'));
  for (const max_age of ['3600', '9223372036854775807']) assert.ok((await browser.fetch(authorize({ max_age }))).query.code, max_age);
  const stranger = await new Browser().fetch(authorize({ prompt: 'none', state: 's' }));
  assert.deepEqual([stranger.query.error, stranger.query.state], ['login_required', 's']);
});

test('who does nothing for too long is signed in no more, and nobody for longer than in all', async (t) => {
  const { options, eventsOf } = prepareEvents(t);
  const { server, authorize, redeem, token, passwords } = await startPeople(t, options);
  const { later_s } = eventsOf(server);
  writeFileSync(join(server.dir, 'brief.toml'), '[realm]\nname = "people"\nsession_idle = "10m"\nsession_max = "50m"\n');
  await server.cli('apply', join(server.dir, 'brief.toml'));
  const browser = new Browser();
  const signIn = async () => (await browser.signIn(await browser.fetch(authorize({ prompt: 'login' })), 'anna', passwords.anna)).query;
  const silently = async () => (await browser.fetch(authorize({ prompt: 'none' }))).query;
  const refresh = async (shown) => (await token({ grant_type: 'refresh_token', refresh_token: shown })).json();

  assert.ok((await signIn()).code);
  for (const idle_s of [599, 300]) {
    later_s(idle_s);
    assert.ok((await silently()).code, 'each time anew');
  }
  const { refresh_token: first } = await (await redeem((await silently()).code)).json();
  later_s(500);
  assert.ok((await refresh(first)).refresh_token);
  later_s(500);
  assert.ok((await silently()).code, 'a refresh is a use');
  const { refresh_token: late } = await (await redeem((await silently()).code)).json();
  later_s(600);
  assert.ok((await refresh(late)).refresh_token, 'the app goes on');
  for (const asked of ['once', 'again']) assert.equal((await silently()).error, 'login_required', asked);
  assert.ok((await browser.fetch(authorize({}))).has('login'));

  assert.ok((await signIn()).code);
  for (const used_s of [599, 599, 599, 599, 599, 4]) {
    later_s(used_s);
    assert.ok((await silently()).code, 'in use');
  }
  const tokens = await (await redeem((await silently()).code)).json();
  const { refresh_token } = await refresh(tokens.refresh_token);
  assert.ok(refresh_token);
  later_s(1);
  assert.equal((await silently()).error, 'login_required');
  assert.equal((await refresh(refresh_token)).error, 'invalid_grant', 'what the session gave ends with it');
});

test('a clock that is set back lets in nothing that is yet to be issued (91)', async (t) => {
  const { options, eventsOf } = prepareEvents(t);
  const { server, base, authorize, redeem, passwords } = await startPeople(t, options);
  const { later_s } = eventsOf(server);
  const browser = new Browser();
  const first = await browser.signIn(await browser.fetch(authorize({})), 'anna', passwords.anna);
  const silently = async () => (await browser.fetch(authorize({ prompt: 'none' }))).query;
  const { access_token } = await (await redeem((await silently()).code)).json();
  const verify = async () => (await fetch(`${base}/verify`, { headers: { Authorization: `Bearer ${access_token}` } })).status;
  assert.equal(await verify(), 200);
  later_s(-3600);
  assert.deepEqual([await verify(), (await silently()).error], [401, 'login_required']);
  assert.equal((await (await redeem(first.query.code)).json()).error, 'invalid_grant');
  later_s(3600);
  assert.deepEqual([await verify(), (await silently()).error], [200, undefined]);
  assert.equal((await (await redeem(first.query.code)).json()).error, 'invalid_grant', 'it was burnt');
});

test('a code is redeemed once; whoever shows it again ends what it gave', async (t) => {
  const { base, authorize, redeem, passwords } = await startPeople(t);
  const browser = new Browser();
  const back = await browser.signIn(await browser.fetch(authorize({ scope: 'accounts' })), 'anna', passwords.anna);
  const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(back.query.code)));
  const won = answers.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const lost of answers.filter(({ status }) => status !== 200)) assert.equal((await lost.json()).error, 'invalid_grant');
  const { access_token } = await won[0].json();
  const verify = await fetch(`${base}/verify`, { headers: { Authorization: `Bearer ${access_token}` } });
  assert.equal(verify.status, 401, 'of two who show a code one has stolen it');

  const next = (await browser.fetch(authorize({}))).query.code;
  assert.equal((await redeem(next, { client_secret: 'wrong' })).status, 401);
  assert.equal((await redeem(next)).status, 200, 'a failed client authentication spends nothing');
  const other = (await browser.fetch(authorize({}))).query.code;
  assert.equal((await redeem(other, { redirect_uri: 'https://web.example/other' })).status, 400);
  assert.equal((await redeem(other)).status, 400, 'another failure does');
});

test('PKCE: required of public clients, and by S256 only (21, 22)', async (t) => {
  const { authorize, token, passwords } = await startPeople(t);
  const spa = { client_id: 'spa', redirect_uri: 'https://spa.example/cb' };
  const browser = new Browser();
  const { verifier, challenge } = pkce();
  for (const wrong of [{}, { code_challenge: challenge }, { code_challenge: challenge, code_challenge_method: 'plain' }, { code_challenge: 'x', code_challenge_method: 'S256' }])
    assert.equal((await browser.fetch(authorize({ ...spa, ...wrong }))).query.error, 'invalid_request');
  const asked = { ...spa, code_challenge: challenge, code_challenge_method: 'S256' };
  await browser.signIn(await browser.fetch(authorize(asked)), 'anna', passwords.anna);
  const code = async () => (await browser.fetch(authorize(asked))).query.code;
  const redeem = async (fields) => token({ redirect_uri: spa.redirect_uri, ...fields }, 'spa');
  for (const code_verifier of [undefined, 'v', 'x'.repeat(43)]) {
    const shown = await code();
    const refused = await redeem({ code: shown, ...(code_verifier && { code_verifier }) });
    assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_grant']);
    assert.equal((await redeem({ code: shown, code_verifier: verifier })).status, 400, 'the code is burnt');
  }
  assert.equal((await redeem({ code: await code(), code_verifier: verifier })).status, 200);
});

test('nobody is sent to a place that is not proven (3, 4, 5, 6)', async (t) => {
  const { authorize } = await startPeople(t);
  const browser = new Browser();
  const refused = [
    { redirect_uri: 'http://localhost:80@evil' },
    { redirect_uri: 'https://web.example/CB' },
    { redirect_uri: 'https://web.example.evil/cb' },
    { redirect_uri: 'https://webXexample/cb' },
    { redirect_uri: 'http://127.0.0.1:1/other' },
    { redirect_uri: undefined },
    { client_id: 'nobody' },
    { client_id: undefined },
  ];
  for (const parameters of refused) {
    const page = await browser.fetch(authorize(parameters));
    assert.deepEqual([page.status, page.location], [400, null], JSON.stringify(parameters));
    assert.match(page.headers.get('content-type'), /^text\/html/);
  }
  const twice = authorize({});
  twice.searchParams.append('redirect_uri', 'https://evil.example/');
  assert.equal((await browser.fetch(twice)).status, 400);
  assert.ok((await browser.fetch(authorize({ redirect_uri: 'http://127.0.0.1:51004/cb' }))).has('login'));
  assert.equal((await browser.fetch(authorize({ state: 'a\r\nSet-Cookie: x=1' }))).status, 400, '13');
  const told = await browser.fetch(authorize({ response_type: 'token', state: 's' }));
  assert.deepEqual([told.query.error, told.query.state], ['unsupported_response_type', 's']);
  assert.equal((await browser.fetch(authorize({ scope: 'admin' }))).query.error, 'invalid_scope');
  assert.equal((await browser.fetch(authorize({ client_id: 'machine', redirect_uri: 'https://machine.example/cb' }))).query.error, 'unauthorized_client');
});

test('a form is good for the browser that was shown it only (16)', async (t) => {
  const { authorize, passwords, base } = await startPeople(t);
  const [mine, theirs] = [new Browser(), new Browser()];
  const page = await mine.fetch(authorize({}));
  await theirs.fetch(authorize({}));
  const hijacked = await theirs.signIn(page, 'anna', passwords.anna);
  assert.deepEqual([hijacked.status, hijacked.location], [400, null]);
  assert.equal((await new Browser().signIn(page, 'anna', passwords.anna)).status, 400, 'without a cookie');
  const changed = page.form('login').fields.interaction.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'));
  assert.equal((await mine.submit(page, 'login', { username: 'anna', password: passwords.anna, interaction: changed })).status, 400);
  const first = [...(await (async () => (await mine.signIn(page, 'anna', passwords.anna), mine))()).cookies.entries()];
  await mine.signIn(await mine.fetch(authorize({ prompt: 'login' })), 'anna', passwords.anna);
  const second = new Map(mine.cookies);
  const session = first.find(([name]) => name.includes('session'));
  assert.notEqual(second.get(session[0]), session[1], 'the session id changes at login');
  for (const header of ['x-frame-options', 'content-security-policy', 'referrer-policy', 'x-content-type-options'])
    assert.ok(page.headers.get(header), header);
  assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal((await fetch(`${base}/authorize/continue`)).status, 405);
});

test('consent is asked in the realm\'s own words, remembered and withdrawn (27)', async (t) => {
  const { server, base, authorize, token, passwords } = await startPeople(t);
  const careful = { client_id: 'careful', redirect_uri: 'https://careful.example/cb', scope: 'openid accounts' };
  const redeem = (code) => token({ code, redirect_uri: careful.redirect_uri }, 'careful');
  const browser = new Browser();
  const consent = await browser.signIn(await browser.fetch(authorize({ ...careful, ui_locales: 'de' })), 'anna', passwords.anna);
  assert.match(consent.html, /Ihre Konten und Kontostände sehen/);
  assert.match(consent.html, /Careful &lt;App&gt;/);
  assert.equal((await browser.fetch(authorize({ ...careful, prompt: 'none' }))).query.error, 'consent_required');
  const denied = await browser.submit(consent, 'consent', { action: 'deny' });
  assert.equal(denied.query.error, 'access_denied');
  const allowed = await browser.submit(consent, 'consent', { action: 'allow', remember: 'on' });
  const tokens = await (await redeem(allowed.query.code)).json();
  assert.ok(tokens.access_token);
  const pending = (await browser.fetch(authorize({ ...careful, prompt: 'none' }))).query.code;
  assert.ok(pending, 'remembered');
  assert.ok((await browser.fetch(authorize({ ...careful, scope: 'openid accounts profile' }))).has('consent'), 'asked for more');

  const [{ id }] = await server.json('consent', 'list', 'people', 'anna');
  await server.cli('consent', 'withdraw', 'people', 'anna', id);
  assert.equal((await (await redeem(pending)).json()).error, 'invalid_grant');
  const verify = await fetch(`${base}/verify`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
  assert.equal(verify.status, 401);
  assert.ok((await browser.fetch(authorize(careful))).has('consent'));
});

test('a user gets no more than their roles, and no further than their state', async (t) => {
  const { authorize, redeem, passwords } = await startPeople(t);
  const scopeOf = async (name) => {
    const browser = new Browser();
    const back = await browser.signIn(await browser.fetch(authorize({ scope: 'openid payments' })), name, passwords[name]);
    return (await (await redeem(back.query.code)).json()).scope;
  };
  assert.equal(await scopeOf('anna'), 'openid');
  assert.equal(await scopeOf('petra'), 'openid payments');
  const browser = new Browser();
  const away = await browser.signIn(await browser.fetch(authorize({})), 'away', passwords.away);
  assert.equal(away.location, null);
  const wrong = await browser.signIn(away, 'away', 'wrong');
  assert.notEqual(wrong.html, away.html, 'said only to whoever has the password');

  const asked = await browser.signIn(await browser.fetch(authorize({})), 'novice', passwords.novice);
  assert.ok(asked.has('new-password'));
  const choose = (new_password, new_password_again) => browser.submit(asked, 'new-password', { new_password, new_password_again });
  for (const [first, second] of [['short', 'short'], ['long enough 1', 'long enough 2'], [passwords.novice, passwords.novice]])
    assert.ok((await choose(first, second)).has('new-password'));
  const done = await choose('a better password', 'a better password');
  assert.ok(done.query.code, done.html);
  assert.equal((await redeem(done.query.code)).status, 200);
});

test('a form for a new password is void once the operator has given another', async (t) => {
  const { server, authorize, passwords } = await startPeople(t);
  const stolen = new Browser();
  const asked = await stolen.signIn(await stolen.fetch(authorize({})), 'novice', passwords.novice);
  assert.ok(asked.has('new-password'));
  await server.cliWithInput('another initial password\n', 'user', 'set-password', 'people', 'novice', '--stdin');
  const tried = await stolen.submit(asked, 'new-password', { new_password: 'the thief\'s own', new_password_again: 'the thief\'s own' });
  assert.ok(tried.has('login'), tried.html);
  const novice = new Browser();
  const choosing = await novice.signIn(await novice.fetch(authorize({})), 'novice', 'another initial password');
  const done = await novice.submit(choosing, 'new-password', { new_password: 'a better password', new_password_again: 'a better password' });
  assert.ok(done.query.code, done.html);
  const again = await novice.submit(choosing, 'new-password', { new_password: 'once more, please', new_password_again: 'once more, please' });
  assert.ok(again.has('login'));
});

test('nobody agrees to more than the page showed, and what was allowed once is asked again', async (t) => {
  const { server, authorize, passwords } = await startPeople(t);
  const careful = (scope) => authorize({ client_id: 'careful', redirect_uri: 'https://careful.example/cb', scope });
  const browser = new Browser();
  const shown = await browser.signIn(await browser.fetch(careful()), 'anna', passwords.anna);
  const file = join(server.dir, 'more.toml');
  writeFileSync(file, '[realm]\nname = "people"\n[[client]]\nid = "careful"\ndefault_scopes = ["openid", "accounts"]\n');
  await server.cli('apply', file);
  const more = await browser.submit(shown, 'consent', { action: 'allow', remember: 'on' });
  assert.ok(more.has('consent'), 'asked again, for what is new');
  assert.match(more.html, /balances/);
  assert.deepEqual(await server.json('consent', 'list', 'people', 'anna'), []);
  assert.ok((await browser.submit(more, 'consent', { action: 'allow' })).query.code, 'once');

  writeFileSync(file, '[realm]\nname = "people"\n[[client]]\nid = "careful"\ndefault_scopes = []\n');
  await server.cli('apply', file);
  const openid = await browser.fetch(careful('openid'));
  assert.ok((await browser.submit(openid, 'consent', { action: 'allow', remember: 'on' })).query.code);
  assert.ok((await browser.fetch(careful('openid'))).query.code, 'remembered');
  assert.ok((await browser.fetch(careful('openid accounts'))).has('consent'), 'accounts were allowed once');
  assert.equal((await server.json('consent', 'list', 'people', 'anna'))[0].remembered, 'openid');
});

test('form_post and fragment carry the answer as asked', async (t) => {
  const { authorize, passwords } = await startPeople(t);
  const browser = new Browser();
  await browser.signIn(await browser.fetch(authorize({})), 'anna', passwords.anna);
  const posted = await browser.fetch(authorize({ response_mode: 'form_post', state: '"><script>' }));
  assert.equal(posted.status, 200);
  const { action, fields } = posted.form('form-post');
  assert.equal(action.href, redirectUri);
  assert.equal(fields.state, '"><script>', '10');
  assert.doesNotMatch(posted.html, /"><script>/);
  const fragment = await browser.fetch(authorize({ response_mode: 'fragment' }));
  assert.ok(new URLSearchParams(fragment.location.hash.slice(1)).get('code'));
});
