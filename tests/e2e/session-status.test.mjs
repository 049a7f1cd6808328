// Keycloak's pages for frames, on the wire: who may frame them, and what a browser keeps for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, pkce } from './browser.mjs';
import { startTessera } from './harness.mjs';

const pages = ['login-status-iframe.html', '3p-cookies/step1.html', '3p-cookies/step2.html'];

async function startPeople(t, options = {}) {
  const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }], ...options });
  await server.apply('tests/e2e/realms/people.toml');
  return { server, keycloak: `${server.url}/realms/people/protocol/openid-connect` };
}

const ancestors = (answer) => /frame-ancestors ([^;]*)$/.exec(answer.headers.get('content-security-policy'))[1];

test('a registered origin may frame the pages that are made for it; no other may, and no other page', async (t) => {
  const { server, keycloak } = await startPeople(t);
  for (const page of pages) {
    const from = (referer) => fetch(`${keycloak}/${page}`, { headers: referer ? { Referer: referer } : {} });
    const own = await from('https://spa.example/any/page?x=1');
    assert.deepEqual([own.status, ancestors(own), own.headers.get('x-frame-options')], [200, 'https://spa.example', null], page);
    assert.match(own.headers.get('content-security-policy'), /^default-src 'none'.*script-src 'self'/);
    assert.doesNotMatch(await own.text(), /<script(?![^>]*src=)/);
    for (const other of ['https://spa.example.evil/', 'http://spa.example/', 'https://spa.example:444/', 'https://evil.example/?https://spa.example']) {
      const answer = await from(other);
      assert.deepEqual([answer.status, ancestors(answer), answer.headers.get('x-frame-options')], [200, "'none'", 'DENY'], other);
    }
    assert.equal(ancestors(await from(`${server.url}/app`)), server.url, 'a page beside ours');
    assert.equal(ancestors(await from('')), `https://kc.example https://spa.example ${server.url}`, 'a browser that does not say');
  }
  const asked = new URLSearchParams({ client_id: 'spa', redirect_uri: 'https://spa.example/cb', response_type: 'code' });
  const login = await fetch(`${server.url}/realms/people/oauth2/authorize?${asked}`, { redirect: 'manual', headers: { Referer: 'https://spa.example/' } });
  assert.notEqual(login.headers.get('location') ?? login.headers.get('x-frame-options'), null);
});

test('what clients register and give up counts at once; of a client that is disabled nothing does', async (t) => {
  const { server, keycloak } = await startPeople(t);
  const page = async () => ancestors(await fetch(`${keycloak}/${pages[0]}`, { headers: { Referer: 'https://spa.example/' } }));
  assert.equal(await page(), 'https://spa.example');
  await server.cli('client', 'disable', 'people', 'spa');
  assert.equal(await page(), "'none'");
  await server.cli('client', 'enable', 'people', 'spa');
  assert.equal(await page(), 'https://spa.example');
});

test('the cookie that the iframe reads is the session that the client was told, and opens nothing', async (t) => {
  const { server, keycloak } = await startPeople(t, { settings: 'trusted_proxies = ["127.0.0.1"]\n' });
  await server.cliWithInput('anna is a long password\n', 'user', 'set-password', 'people', 'anna', '--stdin');
  const { challenge } = pkce();
  const asked = { client_id: 'keycloak-app', redirect_uri: 'https://kc.example/app/', response_type: 'code', code_challenge: challenge, code_challenge_method: 'S256' };
  for (const secure of [false, true]) {
    const headers = secure ? { 'X-Forwarded-Proto': 'https' } : {};
    const browser = new Browser();
    const page = await browser.fetch(`${keycloak}/auth?${new URLSearchParams(asked)}`, { headers });
    const { action, fields } = page.form('login');
    const body = new URLSearchParams({ ...fields, username: 'anna', password: 'anna is a long password', action: 'login' });
    const back = await browser.fetch(action, { method: 'POST', body, headers });
    const lines = back.headers.getSetCookie();
    const status = lines.find((line) => line.includes('tessera-status-people='));
    const flags = secure ? 'Path=/; SameSite=None; Secure' : 'Path=/; SameSite=Lax';
    assert.equal(status, `${secure ? '__Host-' : ''}tessera-status-people=${back.query.session_state}; ${flags}`);
    const session = lines.find((line) => line.includes('tessera-session-people='));
    assert.match(session, /HttpOnly; SameSite=Lax/);
    const name = status.slice(0, status.indexOf('='));
    const thief = await fetch(`${keycloak}/auth?${new URLSearchParams({ ...asked, prompt: 'none' })}`, {
      redirect: 'manual',
      headers: { ...headers, Cookie: `${name}=${back.query.session_state}; ${name.replace('status', 'session')}=${back.query.session_state}` },
    });
    assert.equal(new URL(thief.headers.get('location')).searchParams.get('error'), 'login_required');
  }
});

test('discovery names the iframe where the mount has it', async (t) => {
  const { server, keycloak } = await startPeople(t);
  const discovery = await (await server.fetch('/realms/people/.well-known/openid-configuration')).json();
  assert.equal(discovery.check_session_iframe, `${keycloak}/login-status-iframe.html`);
  const standard = await (await server.fetch('/.well-known/oauth-authorization-server/realms/people')).json();
  assert.equal(standard.check_session_iframe, undefined);
});
