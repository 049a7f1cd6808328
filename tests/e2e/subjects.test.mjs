// Pairwise subjects (OpenID Connect Core, 8): what each client is told of who somebody is.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { claimsOf, scratch, startTessera, until } from './harness.mjs';

const hosts = { one: 'one.example', sibling: 'one.example', two: 'two.example', open: 'open.example' };

const client = ([id, host], more = '') => `[[client]]
id = "${id}"
dialects = ["keycloak"]
grants = ["authorization_code", "refresh_token"]
scopes = ["openid", "profile"]
redirect_uris = ["https://${host}/${id}"]
post_logout_redirect_uris = ["https://${host}/bye"]
${id === 'open' ? '' : 'subject_type = "pairwise"'}
${id === 'sibling' ? 'claims_profile = "keycloak"\nrefresh_format = "jwt"' : ''}
${more}
`;
const realm = '[realm]\nname = "apart"\nscopes = ["openid", "profile"]\n[[user]]\nusername = "anna"\n[[user]]\nusername = "otto"\n';

async function startApart(t, more = {}) {
  const file = join(scratch(t), 'apart.toml');
  writeFileSync(file, realm + Object.entries(hosts).map((entry) => client(entry, more[entry[0]])).join(''));
  const server = await startTessera(t, { realms: [file], mounts: [{ dialect: 'keycloak' }], ...more.options });
  const base = `${server.url}/realms/apart/oauth2`;
  const passwords = {};
  for (const user of ['anna', 'otto']) passwords[user] = (await server.json('user', 'set-password', 'apart', user)).password;
  const secrets = {};
  for (const id of Object.keys(hosts)) secrets[id] = await server.newSecret('apart', id);
  const post = async (path, id, fields) =>
    (await fetch(`${base}/${path}`, { method: 'POST', body: new URLSearchParams({ client_id: id, client_secret: secrets[id], ...fields }) })).json();
  const authorize = (browser, id, asked = {}) => {
    const redirect_uri = `https://${hosts[id]}/${id}`;
    return browser.fetch(`${base}/authorize?${new URLSearchParams({ client_id: id, redirect_uri, response_type: 'code', scope: 'openid profile', ...asked })}`);
  };
  /** Tokens of that client for a user, who signs in where nobody is. */
  const signIn = async (browser, id, user = 'anna') => {
    const page = await authorize(browser, id);
    const { code } = (page.status === 302 ? page : await browser.signIn(page, user, passwords[user])).query;
    return post('token', id, { grant_type: 'authorization_code', code, redirect_uri: `https://${hosts[id]}/${id}` });
  };
  const userinfo = async (token) => (await fetch(`${base}/userinfo`, { headers: { Authorization: `Bearer ${token}` } })).json();
  return { server, file, base, post, authorize, signIn, userinfo };
}

test('a user is one to the clients of a sector and another to those of the next', async (t) => {
  const { server, post, signIn, userinfo } = await startApart(t);
  const ids = Object.fromEntries((await server.json('user', 'list', 'apart')).map(({ username, sub }) => [username, sub]));
  const browser = new Browser();
  const subs = {};
  for (const id of Object.keys(hosts)) {
    const tokens = await signIn(browser, id);
    subs[id] = claimsOf(tokens.id_token).sub;
    const refreshed = await post('token', id, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    const said = {
      userinfo: await userinfo(tokens.access_token),
      access: claimsOf(tokens.access_token),
      introspection: await post('introspect', id, { token: tokens.access_token }),
      'introspection of a refresh token': await post('introspect', id, { token: refreshed.refresh_token }),
      'after a refresh': claimsOf(refreshed.id_token),
      ...(id === 'sibling' && { 'refresh JWT': claimsOf(tokens.refresh_token) }),
    };
    for (const [what, { sub }] of Object.entries(said)) assert.equal(sub, subs[id], `${id}: ${what}`);
  }
  assert.equal(subs.open, ids.anna);
  assert.equal(subs.one, subs.sibling);
  assert.equal(new Set([subs.one, subs.two, subs.open]).size, 3);
  const ottos = await signIn(new Browser(), 'one', 'otto');
  assert.notEqual(claimsOf(ottos.id_token).sub, subs.one);

  await server.stop();
  await server.start();
  assert.equal(claimsOf((await signIn(new Browser(), 'one')).id_token).sub, subs.one, 'for life');
});

test('what ends a user ends what pairwise clients hold', async (t) => {
  const { server, signIn, userinfo } = await startApart(t);
  const { access_token } = await signIn(new Browser(), 'one');
  assert.ok((await userinfo(access_token)).sub);
  await server.cli('user', 'end-sessions', 'apart', 'anna');
  assert.equal((await userinfo(access_token)).error, 'invalid_token');
});

test('a pairwise ID token is a hint of its user, and of nobody else', async (t) => {
  const { base, authorize, signIn } = await startApart(t);
  const browser = new Browser();
  const elsewhere = await signIn(new Browser(), 'one');
  const { id_token } = await signIn(browser, 'one');
  const ottos = await signIn(new Browser(), 'one', 'otto');
  const ask = (id_token_hint) => authorize(browser, 'one', { prompt: 'none', id_token_hint });
  assert.ok((await ask(id_token)).query.code);
  assert.ok((await ask(elsewhere.id_token)).query.code, 'of another session of the same user');
  assert.equal((await ask(ottos.id_token)).query.error, 'login_required');

  const logout = (id_token_hint) => browser.fetch(`${base}/logout?${new URLSearchParams({ id_token_hint, post_logout_redirect_uri: 'https://one.example/bye' })}`);
  assert.ok((await logout(ottos.id_token)).has('logout'), 'the user is asked');
  assert.equal((await logout(elsewhere.id_token)).location.href, 'https://one.example/bye');
});

test('a logout token says the sub that its client knows', async (t) => {
  const posts = [];
  const listener = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posts.push(new URLSearchParams(body).get('logout_token'));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => listener.close());
  const more = `backchannel_logout_uri = "http://127.0.0.1:${listener.address().port}/"`;
  const tables = '[throttle]\naddress_per_minute = 1000000\n[password]\npasses = 1\nmemory_kib = 7168\n[outbound]\nallow = ["127.0.0.0/8"]\n';
  const { base, signIn } = await startApart(t, { one: more, options: { tables } });
  const browser = new Browser();
  const { id_token } = await signIn(browser, 'one');
  await browser.fetch(`${base}/logout?${new URLSearchParams({ id_token_hint: id_token })}`);
  await until('the client is told', () => posts.length);
  const { sub, sid } = claimsOf(id_token);
  assert.deepEqual([claimsOf(posts[0]).sub, claimsOf(posts[0]).sid], [sub, sid]);
});

test('a client without one sector is refused, with what is the matter', async (t) => {
  const { server, file } = await startApart(t);
  const refused = async (text, why) => {
    writeFileSync(file, `[realm]\nname = "apart"\n[[client]]\nid = "one"\n${text}\n`);
    await assert.rejects(server.cli('apply', file), ({ code, stderr }) => code === 1 && why.test(stderr));
  };
  await refused('redirect_uris = ["https://one.example/cb", "https://two.example/cb"]', /client one: subject_type can't be pairwise: it has redirect URIs of several hosts/);
  await refused('redirect_uris = ["http://127.0.0.1/cb"]', /loopback/);
  await refused('sector_identifier_uri = "https://one.example/uris.json"', /apart\.toml:5: .*sector_identifier_uri.* is not read/);
});
