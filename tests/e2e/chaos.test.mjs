// kill -9 under load, on both stores. CHAOS_CYCLES and CHAOS_CYCLES_POSTGRES say how often (50 and 10).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chaos, chaosRealm } from './chaos.mjs';
import { startPostgres, startTessera } from './harness.mjs';

async function run(server, cycles) {
  const chaos = new Chaos(server);
  await chaos.setUp();
  while (chaos.totals.cycles < cycles) await chaos.cycle();
  assert.ok(chaos.totals.refreshed > 0 && chaos.totals.revoked > 0, `too little was done: ${JSON.stringify(chaos.totals)}`);
  return chaos.totals;
}

test('killed on SQLite', { timeout: 1_200_000 }, async (t) => {
  const server = await startTessera(t, { realms: [chaosRealm], mounts: [] });
  t.diagnostic(JSON.stringify(await run(server, Number(process.env.CHAOS_CYCLES ?? 50))));
});

test('killed on PostgreSQL', { timeout: 1_200_000 }, async (t) => {
  const url = await startPostgres(t);
  const server = await startTessera(t, { realms: [chaosRealm], mounts: [], settings: `store_url = "${url}"\n` });
  t.diagnostic(JSON.stringify(await run(server, Number(process.env.CHAOS_CYCLES_POSTGRES ?? 10))));
});
