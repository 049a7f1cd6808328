// Case 96: an old backup revives nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDemo } from './harness.mjs';

test('no revoked credential revives with an old backup (96)', async (t) => {
  const { server, credentials } = await startDemo(t);
  const database = join(server.dir, 'data/tessera.db');
  const backup = join(server.dir, 'backup.db');
  const finlex = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  const finapi = {
    grant_type: 'password',
    client_id: 'demobank-cli',
    username: credentials.FINAPI_USERNAME,
    password: credentials.FINAPI_PASSWORD,
  };
  const flinks = { grant_type: 'client_credentials', client_id: credentials.FLINKS_CLIENT_ID, client_secret: credentials.FLINKS_CLIENT_SECRET };
  const signIn = (fields) => server.postForm('/realms/customer/protocol/openid-connect/token', fields);

  const token = (await (await server.postJson('/token', finlex)).json()).access_token;
  const session = await (await signIn(finapi)).json();
  assert.ok(token && session.refresh_token);
  execFileSync('sqlite3', ['-readonly', database, `VACUUM INTO '${backup}'`]);

  const [{ id }] = await server.json('secret', 'list', 'finlex', 'tender-app');
  await server.cli('secret', 'delete', 'finlex', 'tender-app', id);
  await server.cli('user', 'set-password', 'customer', 'demo');
  await server.cli('client', 'disable', 'flinks', 'dc-demo');
  await server.stop();
  for (const end of ['-wal', '-shm']) rmSync(database + end, { force: true });
  copyFileSync(backup, database);

  await assert.rejects(server.cli('serve'), ({ code, stderr }) => code !== 0 && /tessera restore --accept/.test(stderr));
  const { withdrawn } = await server.json('restore', '--accept');
  assert.deepEqual(withdrawn, [
    { kind: 'secret.deleted', object: 'client:tender-app' },
    { kind: 'password.changed', object: 'user:demo' },
    { kind: 'client.disabled', object: 'client:dc-demo' },
  ]);

  await server.start();
  assert.equal((await server.postJson('/token', finlex)).status, 401);
  assert.equal((await signIn(finapi)).status, 401);
  assert.notEqual((await server.postJson('/realms/flinks/oauth2/token', flinks)).status, 200);
  assert.equal((await signIn({ grant_type: 'refresh_token', client_id: 'demobank-cli', refresh_token: session.refresh_token })).status, 400);
  const verify = await server.fetch('/realms/finlex/oauth2/verify', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(verify.status, 401);

  const fresh = { ...finlex, secret: await server.newSecret('finlex', 'tender-app') };
  assert.equal((await server.postJson('/token', fresh)).status, 200);
});

test('nor does it when the server was killed and its log was left beside the backup', async (t) => {
  const { server, credentials } = await startDemo(t);
  const database = join(server.dir, 'data/tessera.db');
  const backup = join(server.dir, 'backup.db');
  const finlex = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  await server.stop();
  copyFileSync(database, backup);
  await server.start();
  const [{ id }] = await server.json('secret', 'list', 'finlex', 'tender-app');
  await server.cli('secret', 'delete', 'finlex', 'tender-app', id);
  await server.stop();
  await server.start();
  await server.newSecret('finlex', 'tender-app');
  await server.kill();
  copyFileSync(backup, database);

  await assert.rejects(server.cli('serve'), ({ code, stderr }) => code !== 0 && /restored copy.*tessera restore --accept/.test(stderr));
  assert.match((await server.cli('restore', '--accept')).stdout, /again: +secret\.deleted +client:tender-app/);
  await server.start();
  assert.equal((await server.postJson('/token', finlex)).status, 401);
});
