// A dialect that exists only as a file: names, paths and error bodies that the binary has never heard of.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, scratch, startTessera } from './harness.mjs';

const file = join(root, 'tests/dialects/gocardless.toml');

async function startBankData(t) {
  const dialects = join(scratch(t), 'dialects');
  mkdirSync(dialects);
  copyFileSync(file, join(dialects, 'gocardless.toml'));
  const server = await startTessera(t, {
    realms: ['tests/e2e/realms/bankdata.toml'],
    mounts: [{ dialect: 'gocardless', realm: 'bankdata', base: '/bank' }],
    settings: `dialect_dirs = [${JSON.stringify(dialects)}]\n`,
    started: false,
  });
  return { server, dialects };
}

test('it issues a token by its own names and refuses in its own shape', async (t) => {
  const { server } = await startBankData(t);
  const secret_key = await server.newSecret('bankdata', 'reader');
  await server.start();
  const good = await server.postJson('/bank/token/new/', { secret_id: 'reader', secret_key });
  assert.equal(good.status, 200);
  const body = await good.json();
  assert.deepEqual(Object.keys(body), ['access', 'access_expires']);
  assert.equal(typeof body.access_expires, 'number');
  const verdict = await server.fetch('/realms/bankdata/oauth2/verify', { headers: { Authorization: `Bearer ${body.access}` } });
  assert.equal(verdict.status, 200);

  const bad = await server.postJson('/bank/token/new/', { secret_id: 'reader', secret_key: 'wrong' });
  assert.equal(bad.status, 401);
  const error = await bad.json();
  assert.deepEqual(Object.keys(error), ['summary', 'detail', 'status_code']);
  assert.equal(String(error.status_code), '401');
});

test('a user\'s token is refreshed at a path of its own', async (t) => {
  const { server } = await startBankData(t);
  const client = { secret_id: 'reader', secret_key: await server.newSecret('bankdata', 'reader') };
  const pin = await server.newUser('bankdata', 'anna');
  await server.start();
  const names = ['access', 'access_expires', 'refresh', 'refresh_expires'];
  const post = async (path, fields) => (await server.postJson(`/bank/token/${path}/`, { ...client, ...fields })).json();
  const verify = async (token) => (await server.fetch('/realms/bankdata/oauth2/verify', { headers: { Authorization: `Bearer ${token}` } })).status;
  const first = await post('user', { user: 'anna', pin });
  assert.deepEqual(Object.keys(first), names);
  const second = await post('refresh', { refresh: first.refresh });
  assert.deepEqual(Object.keys(second), names);
  assert.equal(await verify(second.access), 200);
  assert.notEqual(second.refresh, first.refresh, 'the client\'s tokens rotate');
  const third = await post('refresh', { refresh: second.refresh });

  const reused = await post('refresh', { refresh: first.refresh });
  assert.deepEqual(reused, { summary: 'invalid_grant', detail: 'Token is invalid or expired', status_code: 401 });
  assert.equal(await verify(third.access), 401, 'whoever shows a superseded one ends them all');
  assert.equal((await post('refresh', { refresh: third.refresh, secret_key: 'wrong' })).summary, 'invalid_client');
});

test('a faulty file is refused at start with its place and what to write', async (t) => {
  const { server, dialects } = await startBankData(t);
  const broken = readFileSync(file, 'utf8').replace('methods = ["POST"]', 'methods = ["GET"]');
  writeFileSync(join(dialects, 'gocardless.toml'), broken);
  await assert.rejects(server.start(), /gocardless\.toml:\d+: .+/);
});
