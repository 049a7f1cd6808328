// Apps in a real Chromium, by the libraries that they have: each signs in, calls an API, refreshes, notices a log-out elsewhere, logs out.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchChromium, newContext, serveApp, signIn } from './chromium.mjs';
import { startTessera } from './harness.mjs';

const password = 'anna is a long password';
const library = (path) => ({ type: 'text/javascript', body: readFileSync(new URL(`node_modules/${path}`, import.meta.url)) });

let browser;
before(async () => (browser = await launchChromium()));
after(() => browser?.close());

const realmFile = (app) => `
[realm]
name = "people"
scopes = ["openid", "profile", "email"]

[[client]]
id = "spa"
preset = "keycloak"
public = true
grants = ["authorization_code", "refresh_token"]
public_refresh_without_rotation = true
scopes = ["openid", "profile", "email"]
default_scopes = ["profile", "email"]
default_scopes_always = true
redirect_trailing_star = true
redirect_uris = ["${app}/*"]
post_logout_redirect_uris = ["+"]
web_origins = ["+"]

[[client]]
id = "elsewhere"
preset = "keycloak"
public = true
grants = ["authorization_code"]
web_origins = ["https://elsewhere.example"]

[[user]]
username = "anna"
email = "anna@example.org"
`;

/** A server spoken to as to a Keycloak, and an app of these files with a client there. */
async function startApp(t, files) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }] });
  const served = {};
  const app = await serveApp(t, served);
  Object.assign(served, files({ server, app }));
  const file = join(server.dir, 'people.toml');
  writeFileSync(file, realmFile(app));
  await server.cli('apply', file);
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
  return { server, app, keycloak: `${server.url}/realms/people/protocol/openid-connect` };
}

const livingSessions = async (server) => (await server.json('session', 'list', 'people', 'anna')).filter(({ ended }) => !ended);

/** Ends the session that a browser has, as another of its windows would. */
async function logOutElsewhere(context, keycloak) {
  const other = await context.newPage();
  await other.goto(`${keycloak}/logout`);
  await other.click('#log-out');
  await other.waitForSelector('h1');
  await other.close();
}

const keycloakApp = ({ server }) => ({
  '/keycloak.js': library('keycloak-js/lib/keycloak.js'),
  '/silent.html': '<!doctype html><script>parent.postMessage(location.href, location.origin)</script>',
  '/app': `<!doctype html><title>app</title><script type="module">
    import Keycloak from '/keycloak.js';
    const kc = (window.kc = new Keycloak({ url: '${server.url}', realm: 'people', clientId: 'spa' }));
    window.events = [];
    for (const name of ['onAuthSuccess', 'onAuthRefreshSuccess', 'onAuthLogout', 'onAuthError']) kc[name] = () => window.events.push(name);
    const options = JSON.parse(new URL(location).searchParams.get('options') ?? sessionStorage.options);
    sessionStorage.options = JSON.stringify(options);
    window.ready = kc.init({ enableLogging: true, ...options });
    window.ready.catch((error) => window.events.push(String(error)));
    window.settled = window.ready.then(String, String);
  </script>`,
});

/** Opens the app with these options of keycloak-js's. */
const openWith = (page, app, options) => page.goto(`${app}/app?options=${encodeURIComponent(JSON.stringify(options))}`);
const settled = async (page) => (await page.waitForFunction(() => window.settled), page.evaluate(() => window.settled));

test('keycloak-js signs in, calls an API, refreshes and logs out, its login iframe on', async (t) => {
  const { server, app, keycloak } = await startApp(t, keycloakApp);
  const context = await newContext(t, browser);
  const page = await context.newPage();
  await openWith(page, app, { onLoad: 'login-required', checkLoginIframeInterval: 1 });
  await page.waitForSelector('#login');
  await signIn(page, 'anna', password);
  await page.waitForURL(`${app}/app**`);
  assert.equal(await settled(page), 'true');
  const call = () =>
    page.evaluate(async (url) => {
      const answer = await fetch(url, { headers: { Authorization: `Bearer ${window.kc.token}` } });
      return { status: answer.status, ...(answer.ok ? await answer.json() : {}) };
    }, `${keycloak}/userinfo`);
  const { status, preferred_username, email } = await call();
  assert.deepEqual([status, preferred_username, email], [200, 'anna', 'anna@example.org']);
  const [before, refreshed, now] = await page.evaluate(async () => [window.kc.token, await window.kc.updateToken(-1), window.kc.token]);
  assert.equal(refreshed, true);
  assert.notEqual(now, before);
  assert.deepEqual(await page.evaluate(() => [window.kc.tokenParsed['allowed-origins'], window.kc.sessionId === window.kc.tokenParsed.sid]), [[app], true]);
  const framed = page.frames().map((frame) => frame.url());
  assert.ok(framed.includes(`${keycloak}/login-status-iframe.html`), framed.join());

  await page.evaluate(() => window.kc.logout({ redirectUri: `${location.origin}/silent.html` }));
  await page.waitForURL(`${app}/silent.html`);
  assert.deepEqual(await livingSessions(server), []);
  assert.deepEqual((await context.cookies(server.url)).map(({ name }) => name), ['tessera-browser']);
});

test('keycloak-js notices by its login iframe that the person logged out elsewhere', async (t) => {
  const { app, keycloak } = await startApp(t, keycloakApp);
  const context = await newContext(t, browser);
  const page = await context.newPage();
  await openWith(page, app, { onLoad: 'login-required', checkLoginIframeInterval: 1 });
  await signIn(page, 'anna', password);
  await page.waitForURL(`${app}/app**`);
  assert.equal(await settled(page), 'true');
  await page.evaluate(() => new Promise((done) => setTimeout(done, 2_500)));
  assert.deepEqual(await page.evaluate(() => window.events), ['onAuthSuccess'], 'asked twice and more, it is the same session');
  await logOutElsewhere(context, keycloak);
  // It asks whom it requires to sign in again.
  await page.waitForSelector('#login');
});

for (const silent of [false, true])
  test(`keycloak-js finds out whether somebody is signed in, ${silent ? 'in a silent frame' : 'by a redirect'}`, async (t) => {
    const { app } = await startApp(t, keycloakApp);
    const context = await newContext(t, browser);
    const page = await context.newPage();
    const options = { onLoad: 'check-sso', ...(silent && { silentCheckSsoRedirectUri: `${app}/silent.html` }) };
    await openWith(page, app, options);
    assert.equal(await settled(page), 'false');
    await page.evaluate(() => void window.kc.login());
    await page.waitForSelector('#login');
    await signIn(page, 'anna', password);
    await page.waitForURL(`${app}/app**`);
    assert.equal(await settled(page), 'true');
    const second = await context.newPage();
    await openWith(second, app, options);
    await second.waitForFunction(() => window.kc?.authenticated);
    assert.equal(await second.evaluate(() => window.kc.tokenParsed.preferred_username), 'anna');
  });

test('oidc-client-ts signs in, calls an API, refreshes, notices a log-out elsewhere and logs out', async (t) => {
  const { server, app, keycloak } = await startApp(t, ({ server, app }) => ({
    '/oidc.js': library('oidc-client-ts/dist/browser/oidc-client-ts.min.js'),
    '/silent': '<!doctype html><script src="/oidc.js"></script><script>new oidc.UserManager({}).signinSilentCallback()</script>',
    '/app': `<!doctype html><title>app</title><script src="/oidc.js"></script><script>
      const manager = (window.manager = new oidc.UserManager({
        authority: '${server.url}/realms/people', client_id: 'spa', redirect_uri: '${app}/app', post_logout_redirect_uri: '${app}/bye',
        silent_redirect_uri: '${app}/silent', scope: 'openid profile email', loadUserInfo: true, monitorSession: true, checkSessionIntervalInSeconds: 1,
      }));
      window.events = [];
      manager.events.addUserSignedOut(() => window.events.push('signed out'));
      window.settled = location.search ? manager.signinCallback().then((user) => user.profile.email, String) : Promise.resolve('nobody');
    </script>`,
    '/bye': '<!doctype html>bye',
  }));
  const context = await newContext(t, browser);
  const page = await context.newPage();
  const arrive = async () => {
    await page.goto(`${app}/app`);
    await page.evaluate(() => void window.manager.signinRedirect());
    await page.waitForSelector('#login');
    await signIn(page, 'anna', password);
    await page.waitForURL(`${app}/app?**`);
    assert.equal(await settled(page), 'anna@example.org');
  };
  await arrive();
  const tokens = await page.evaluate(async () => {
    const before = await window.manager.getUser();
    const after = await window.manager.signinSilent();
    return { before: before.access_token, after: after.access_token, session_state: before.session_state, sid: before.profile.sid };
  });
  assert.notEqual(tokens.after, tokens.before);
  assert.equal(tokens.session_state, tokens.sid);
  const answer = await page.evaluate(
    async ([url, token]) => (await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).json()).preferred_username,
    [`${keycloak}/userinfo`, tokens.after],
  );
  assert.equal(answer, 'anna');
  await logOutElsewhere(context, keycloak);
  await page.waitForFunction(() => window.events.includes('signed out'));

  await arrive();
  await page.evaluate(() => void window.manager.signoutRedirect());
  await page.waitForURL(`${app}/bye**`);
  assert.deepEqual(await livingSessions(server), []);
});

test('a page that is at none of the web origins can frame neither page, nor be told of a session', async (t) => {
  const { server, app, keycloak } = await startApp(t, keycloakApp);
  const frame = (path) => `<!doctype html><iframe src="${keycloak}/${path}"></iframe>`;
  const files = { '/status': frame('login-status-iframe.html'), '/probe': frame('3p-cookies/step1.html') };
  const stranger = await serveApp(t, files);
  const hidden = await serveApp(t, { '/status': { body: files['/status'], headers: { 'Referrer-Policy': 'no-referrer' } } });
  const page = await (await newContext(t, browser)).newPage();
  const problems = [];
  page.on('console', (message) => problems.push(message.text()));
  const refused = async (url) => {
    problems.length = 0;
    await page.goto(url);
    await page.waitForLoadState('networkidle');
    return problems.some((text) => /frame-ancestors/.test(text));
  };
  assert.ok(await refused(`${stranger}/status`));
  assert.ok(await refused(`${stranger}/probe`));
  assert.ok(await refused(`${hidden}/status`), 'and not by keeping its address to itself');
  const init = (client_id, origin) =>
    server.fetch(`/realms/people/protocol/openid-connect/login-status-iframe.html/init?${new URLSearchParams({ client_id, origin })}`);
  assert.equal((await init('spa', app)).status, 204);
  for (const [client_id, origin] of [['spa', stranger], ['elsewhere', app], ['nobody', app], ['spa', ''], ['spa', `${app}/`]])
    assert.equal((await init(client_id, origin)).status, 403, `${client_id} ${origin}`);
});
