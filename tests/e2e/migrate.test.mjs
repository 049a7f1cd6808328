// A realm of Keycloak moves over: people keep their passwords, clients their secrets.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Browser, pkce } from './browser.mjs';
import { binary, claimsOf, root, startTessera } from './harness.mjs';

const exported = join(root, 'tests/e2e/realms/keycloak-export.json');
const endpoint = '/realms/shop/protocol/openid-connect';
const password = 'correct hörse';
const secret = 'planted-secret-of-web-0123456789';

const startEmpty = (t) => startTessera(t, { mounts: [{ dialect: 'keycloak' }] });

async function startShop(t) {
  const server = await startEmpty(t);
  await server.cli('import', 'keycloak', exported);
  const token = async (fields) => {
    const response = await server.postForm(`${endpoint}/token`, fields);
    return { status: response.status, ...(await response.json()) };
  };
  return { server, token };
}

test('a user logs in with the old password, at a client with its old secret', async (t) => {
  const { token } = await startShop(t);
  const login = { grant_type: 'password', client_id: 'web', client_secret: secret, username: 'anna', password };
  const answer = await token({ ...login, scope: 'openid profile customer' });
  assert.equal(answer.status, 200, JSON.stringify(answer));
  assert.equal(answer.expires_in, 300);
  assert.equal(answer.refresh_expires_in, 2400);
  assert.equal(answer.mandator_name, 'Example Shop');
  const claims = claimsOf(answer.access_token);
  assert.equal(claims.sub, '4a273b32-cc81-4bb3-bbc3-636d2c0d759d');
  assert.deepEqual(claims.aud, ['https://api.example', 'jobs']);
  assert.deepEqual(claims.realm_access.roles, ['default-roles-shop', 'offline_access', 'manager', 'clerk']);
  assert.deepEqual(claims.resource_access, { web: { roles: ['auditor'] } });
  const { tenant, customer_no, vip, teams, login: name, preferred_username } = claims;
  assert.deepEqual({ tenant, customer_no, vip, teams, name, preferred_username }, {
    tenant: 'shop-1', customer_no: '4711', vip: true, teams: '/staff/night shift', name: 'anna', preferred_username: 'anna',
  });
  assert.equal((await token({ ...login, password: 'wrong' })).error, 'invalid_grant');
  assert.equal((await token({ ...login, client_secret: 'wrong' })).status, 401);
  assert.equal((await token({ ...login, username: 'bert' })).error, 'invalid_grant', 'who had a second factor needs more than a password');
  assert.equal((await token({ ...login, username: 'carla' })).error, 'invalid_grant');
});

test('a service asks for tokens with its old secret', async (t) => {
  const { token } = await startShop(t);
  const answer = await token({ grant_type: 'client_credentials', client_id: 'jobs', client_secret: 'short-planted' });
  assert.equal(answer.status, 200, JSON.stringify(answer));
  assert.equal(answer.expires_in, 60);
  assert.ok(claimsOf(answer.access_token).realm_access.roles.includes('clerk'));
});

test('a person signs in at a public client', async (t) => {
  const { server, token } = await startShop(t);
  const { verifier, challenge } = pkce();
  const redirect_uri = 'https://spa.example/cb';
  const asked = { client_id: 'spa', redirect_uri, response_type: 'code', scope: 'openid email', state: 's', code_challenge: challenge, code_challenge_method: 'S256' };
  const browser = new Browser();
  const page = await browser.fetch(new URL(`${server.url}${endpoint}/auth?${new URLSearchParams(asked)}`));
  assert.equal(page.status, 200);
  assert.match(page.html, /Example Shop/);
  const back = await browser.signIn(page, 'anna', password);
  assert.ok(back.query.code, back.html);
  const answer = await token({ grant_type: 'authorization_code', client_id: 'spa', redirect_uri, code: back.query.code, code_verifier: verifier });
  assert.equal(answer.status, 200, JSON.stringify(answer));
  assert.equal(claimsOf(answer.id_token).email, 'anna@example.org');
});

test('a dry run says all that the import does, and changes nothing; neither tells a secret', async (t) => {
  const server = await startEmpty(t);
  const dry = await server.cli('import', 'keycloak', exported, '--dry-run', '--realm', 'rehearsal');
  assert.match(dry.stdout, /dry run: nothing was changed/);
  assert.match(dry.stdout, /^realm rehearsal\n/);
  assert.deepEqual(await server.json('realm', 'list'), []);
  const done = await server.cli('import', 'keycloak', exported);
  assert.match(done.stdout, /\+ client web \(/);
  assert.match(done.stdout, /\ncarried: [^\n]*\b5 clients, /);
  assert.match(done.stdout, /\nchanged:\n/);
  assert.match(done.stdout, /\nrefused:\n[^]*no mapper of this kind is known here\n {4}mapper weather of client web \(oidc-script-weather-mapper\)\n/);
  const again = await server.json('import', 'keycloak', exported);
  assert.deepEqual(again.realms[0].lines, []);
  assert.deepEqual(again.kept, { passwords: 2, secrets: 2 });
  assert.equal(again.report.carried.users, 4);
  const all = dry.stdout + done.stdout + JSON.stringify(again) + server.written();
  for (const planted of ['planted', 'uejrs5ajrb', 'EBESExQVFhcYGRobHB0eHw']) assert.ok(!all.includes(planted), planted);
  const exportedBack = await server.cli('export', 'shop', '--with-users');
  writeFileSync(join(server.dir, 'shop.toml'), exportedBack.stdout);
  assert.match((await server.cli('apply', join(server.dir, 'shop.toml'), '--prune')).stdout, /nothing to change/);
});

test('a file that is no export is one line with its place', async (t) => {
  const server = await startEmpty(t);
  const broken = join(server.dir, 'broken.json');
  for (const [text, line] of [['{"realm":', /broken\.json: [^\n]*\(line 1\)/], ['{"realm":"a","clients":[{"clientId":1}]}', /broken\.json: clients\[0\]\.clientId must be a string/]]) {
    writeFileSync(broken, text);
    await assert.rejects(server.cli('import', 'keycloak', broken), ({ code, stderr }) => {
      assert.equal(code, 1);
      assert.match(stderr, /^tessera: [^\n]+\n$/);
      assert.match(stderr, line);
      return true;
    });
  }
});

test('docs/migrate-from-keycloak.md takes its reader from an export to a token', async (t) => {
  const docs = readFileSync(join(root, 'docs/migrate-from-keycloak.md'), 'utf8');
  const settings = /```toml\n(.*?)```/s.exec(docs)[1];
  const server = await startEmpty(t);
  for (const table of settings.split('\n').filter((line) => line.startsWith('[') || line.startsWith('dialect')))
    assert.ok(readFileSync(server.config, 'utf8').includes(table), table);
  // Keycloak itself is not here: what its command would write is.
  mkdirSync(join(server.dir, 'bin'));
  writeFileSync(join(server.dir, 'bin/kc.sh'), `#!/bin/sh\n[ "$1 $2 $3 $4" = "export --realm shop --file" ] && cp '${exported}' "$5"\n`);
  chmodSync(join(server.dir, 'bin/kc.sh'), 0o755);
  const commands = [...docs.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text).join('').split('\n').filter((line) => !/^tessera serve|^export TESSERA_CONFIG/.test(line));
  assert.ok(commands.filter((line) => line.startsWith('tessera ')).length >= 5);
  const script = commands.join('\n').replaceAll('http://127.0.0.1:8080', server.url);
  const env = { ...process.env, TESSERA_CONFIG: server.config, PATH: `${dirname(binary)}:${process.env.PATH}`, WEB_SECRET: secret, ANNAS_PASSWORD: password };
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: server.dir, env });
  assert.match(stdout, /"access_token":"ey/);
  assert.equal(statSync(join(server.dir, 'shop.toml')).mode & 0o777, 0o600);
  assert.match((await server.cli('apply', join(server.dir, 'shop.toml'))).stdout, /nothing to change/);
});
