// script/bench chaos --minutes N: kills Tessera under load for that long, on SQLite, and adds to the count in
// build/bench/chaos.json. Ends at the first broken promise.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chaos, chaosRealm } from '../tests/e2e/chaos.mjs';
import { root, startTessera } from '../tests/e2e/harness.mjs';

const [option, value] = process.argv.slice(2);
if (option !== '--minutes' || !(Number(value) > 0)) {
  console.error('script/bench chaos --minutes N');
  process.exit(2);
}

const cleanups = [];
const scope = { after: (cleanup) => cleanups.unshift(cleanup) };
const server = await startTessera(scope, { realms: [chaosRealm], mounts: [] });
const chaos = new Chaos(server);
try {
  await chaos.setUp();
  const end = Date.now() + Number(value) * 60_000;
  while (Date.now() < end) {
    await chaos.cycle();
    if (chaos.totals.cycles % 10 === 0) console.log(JSON.stringify(chaos.totals));
  }
} finally {
  for (const cleanup of cleanups) await cleanup();
}

const file = join(root, 'build/bench/chaos.json');
let cycles = chaos.totals.cycles;
try {
  cycles += JSON.parse(readFileSync(file, 'utf8')).cycles;
} catch {
  // The first run.
}
mkdirSync(join(root, 'build/bench'), { recursive: true });
writeFileSync(file, JSON.stringify({ cycles }));
console.log(`${chaos.totals.cycles} kills in this run, ${cycles} in all: nothing lost, nothing forked.`);
