// What a login costs tells nobody who exists.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startTessera, until } from './harness.mjs';

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
