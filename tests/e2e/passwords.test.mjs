// What a login costs tells nobody who exists; passwords that others hashed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary, root, startTessera, until } from './harness.mjs';

const tokenPath = '/realms/customer/protocol/openid-connect/token';
const oldKib = 262_144;

/** The most memory that `work` made a process hold at once beyond what it held before, in KiB. */
async function memoryTakenBy(pid, work) {
  const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]);
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the high-water mark starts anew
  const before = read('VmRSS');
  await work();
  return read('VmHWM') - before;
}

test('an unknown user costs what the records of the realm cost, not what one made today would', async (t) => {
  const server = await startTessera(t, {
    realms: ['demo/customer.toml'],
    started: false,
    tables: `[password]\npasses = 1\nmemory_kib = ${oldKib}\nhash_memory_mib = 512\n`,
  });
  const password = await server.newUser('customer', 'ada');
  await server.cli('user', 'add', 'customer', 'empty');
  writeFileSync(server.config, readFileSync(server.config, 'utf8').replace(String(oldKib), '7168'));
  await server.start();

  const login = async (username, shown) => {
    const form = { client_id: 'demobank-cli', grant_type: 'password', username, password: shown };
    return (await server.postForm(tokenPath, form)).status;
  };
  for (const name of ['ada', 'nobody', 'empty']) {
    const taken = await memoryTakenBy(server.process.pid, async () => assert.equal(await login(name, 'wrong'), 401));
    assert.ok(taken > oldKib * 0.9, `${name}: ${taken} KiB`);
  }
  // Once the only record is one of today's, so is everybody's dummy: within the time that housekeeping takes to look.
  assert.equal(await login('ada', password), 200);
  const asToday = async () => (await memoryTakenBy(server.process.pid, () => login('nobody', 'wrong'))) < oldKib / 2;
  await until('an unknown user costs what the new record does', asToday);
});

test('docs/operate.md takes passwords over that Keycloak and others hashed; the first login makes them ours', async (t) => {
  const section = /## Passwords from elsewhere\n(.*?)\n## /s.exec(readFileSync(join(root, 'docs/operate.md'), 'utf8'))[1];
  const server = await startTessera(t, { realms: ['demo/customer.toml'], tables: '[password]\npasses = 1\nmemory_kib = 7168\n' });
  const blocks = [...section.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, kind, text]) => ({ kind, text }));
  const credential = JSON.parse(blocks.find(({ kind }) => kind === 'json').text);
  const users = [{ username: 'anna', credentials: [{ type: 'otp' }, credential] }, { username: 'carl', credentials: [] }];
  writeFileSync(join(server.dir, 'export.json'), JSON.stringify({ users }));
  const salt = Buffer.from('0123456789abcdef');
  const unpadded = (bytes) => bytes.toString('base64').replaceAll('=', '');
  const hash = pbkdf2Sync('of bert', salt, 210_000, 64, 'sha512');
  const commands = blocks.filter(({ kind }) => kind === '').map(({ text }) => text).join('');
  const env = { ...process.env, TESSERA_CONFIG: server.config, PATH: `${dirname(binary)}:${process.env.PATH}` };
  const script = commands.replace('SALT', unpadded(salt)).replace('HASH', unpadded(hash));
  await promisify(execFile)('bash', ['-euc', script], { cwd: server.dir, env });

  const login = async (username, password) => {
    const response = await server.postForm(tokenPath, { client_id: 'demobank-cli', grant_type: 'password', username, password });
    return { status: response.status, ...(await response.json()) };
  };
  for (const [name, password] of [['anna', 'correct h\u00f6rse'], ['bert', 'of bert']]) {
    assert.equal((await login(name, 'wrong')).status, 401, name);
    const first = await login(name, password);
    assert.equal(first.status, 200, name);
    assert.equal((await login(name, password)).status, 200, `${name}, hashed anew`);
    const refresh = { client_id: 'demobank-cli', grant_type: 'refresh_token', refresh_token: first.refresh_token };
    assert.equal((await server.postForm(tokenPath, refresh)).status, 200, name);
    await server.cliWithInput(script.match(/'(\$.*?)'/)[1], 'user', 'import-password', 'customer', name, '--stdin');
    assert.equal((await server.postForm(tokenPath, refresh)).status, 400, `${name}: another password ended what the first opened`);
    assert.equal((await login(name, 'of bert')).status, 200, name);
  }
  const audit = server.written();
  assert.ok(!audit.includes(unpadded(hash)) && !audit.includes(unpadded(salt)));
  await assert.rejects(server.cliWithInput('of bert', 'user', 'import-password', 'customer', 'bert', '--stdin'), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /^tessera: a record is [^\n]*`tessera user set-password customer bert`\n$/);
    return true;
  });
});
