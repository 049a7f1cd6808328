// Debian's mod_auth_openidc: an Apache before an app signs people in, calls an API for them, refreshes their tokens and logs them out.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchChromium, newContext, signIn } from './chromium.mjs';
import { accepts, freePort, scratch, startNginx, startTessera, until } from './harness.mjs';

let browser;
before(async () => (browser = await launchChromium()));
after(() => browser?.close());

const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'dir', 'headers', 'proxy', 'proxy_http'];
const password = 'anna is a long password';

/** An Apache of its own that lets only people who are signed in to /app, where a page shows who they are, and to `api`, for whom it asks there. */
async function startApache(t, port, provider, client, api) {
  const dir = scratch(t);
  mkdirSync(join(dir, 'htdocs/app'), { recursive: true });
  writeFileSync(join(dir, 'htdocs/app/index.html'), 'the app');
  writeFileSync(join(dir, 'htdocs/bye.html'), 'bye');
  chmodSync(dir, 0o755);
  const url = `http://127.0.0.1:${port}`;
  const config = `
    ${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
    Listen 127.0.0.1:${port}
    ServerName 127.0.0.1:${port}
    PidFile ${dir}/apache.pid
    ErrorLog ${dir}/error.log
    LogLevel warn
    DefaultRuntimeDir ${dir}
    ${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
    DocumentRoot ${dir}/htdocs
    DirectoryIndex index.html
    OIDCProviderMetadataURL ${provider}/.well-known/openid-configuration
    OIDCClientID ${client.id}
    OIDCClientSecret ${client.secret}
    OIDCRedirectURI ${url}/app/redirect_uri
    OIDCCryptoPassphrase ${randomBytes(16).toString('hex')}
    OIDCScope "openid profile email accounts"
    OIDCPKCEMethod S256
    OIDCRemoteUserClaim preferred_username
    OIDCInfoHook access_token refresh_token id_token userinfo
    <Location /app>
      AuthType openid-connect
      Require valid-user
      Header set X-User "expr=%{REMOTE_USER}"
    </Location>
    <Location /app/api>
      ProxyPass ${api}
      RequestHeader set Authorization "Bearer %{OIDC_access_token}e"
    </Location>`;
  writeFileSync(join(dir, 'apache.conf'), config);
  const apache = spawn('/usr/sbin/apache2', ['-f', join(dir, 'apache.conf'), '-DFOREGROUND'], { stdio: 'inherit' });
  t.after(() => apache.kill());
  await until('Apache listens', () => accepts(port));
  return { url, log: () => readFileSync(join(dir, 'error.log'), 'utf8') };
}

for (const [name, mounts] of Object.entries({ 'the standard': [], 'a Keycloak': [{ dialect: 'keycloak' }] }))
  test(`mod_auth_openidc signs in, refreshes and logs out, at ${name}`, async (t) => {
    const server = await startTessera(t, { mounts });
    const nginx = await startNginx(t, server, { realm: 'people', scope: 'accounts' });
    const port = await freePort();
    const file = join(server.dir, 'people.toml');
    writeFileSync(
      file,
      `[realm]
      name = "people"
      scopes = ["openid", "profile", "email", "accounts"]
      [[client]]
      id = "apache"
      dialects = ["keycloak"]
      grants = ["authorization_code", "refresh_token"]
      scopes = ["openid", "profile", "email", "accounts"]
      redirect_uris = ["http://127.0.0.1:${port}/app/redirect_uri"]
      post_logout_redirect_uris = ["http://127.0.0.1:${port}/bye.html"]
      [[user]]
      username = "anna"
      email = "anna@example.org"`,
    );
    await server.cli('apply', file);
    await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
    const client = { id: 'apache', secret: await server.newSecret('people', 'apache') };
    const api = `${nginx.url}/accounts`;
    const apache = await startApache(t, port, `${server.url}/realms/people`, client, api);

    const page = await (await newContext(t, browser)).newPage();
    const go = async (path) => {
      const answer = await page.goto(`${apache.url}${path}`);
      return { user: await answer.headerValue('x-user'), text: await page.locator('body').innerText() };
    };
    await go('/app/');
    await signIn(page, 'anna', password);
    await page.waitForURL(`${apache.url}/app/`);
    assert.deepEqual(await go('/app/'), { user: 'anna', text: 'the app' }, apache.log());

    const callApi = async () => JSON.parse((await go('/app/api')).text).caller;
    assert.equal(await callApi(), 'apache', apache.log());

    const info = async () => JSON.parse((await go('/app/redirect_uri?info=json')).text);
    const before = await info();
    assert.equal(before.userinfo.email, 'anna@example.org');
    const refresh = new URLSearchParams({ refresh: `${apache.url}/app/`, access_token: before.access_token });
    assert.equal((await go(`/app/redirect_uri?${refresh}`)).text, 'the app', apache.log());
    const { access_token } = await info();
    assert.notEqual(access_token, before.access_token);
    const call = () => fetch(api, { headers: { Authorization: `Bearer ${access_token}` } });
    assert.deepEqual([await callApi(), (await call()).status], ['apache', 200]);

    assert.equal((await go(`/app/redirect_uri?${new URLSearchParams({ logout: `${apache.url}/bye.html` })}`)).text, 'bye', apache.log());
    assert.equal((await call()).status, 401);
    await go('/app/api');
    await page.waitForSelector('#login');
  });
