// What script/bench runs: each section measures one thing; the table at the end sets it against its limit.
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, root } from '../tests/e2e/harness.mjs';
import { addClients, addFamilies } from './fill.mjs';
import { formRequest, inTurns, loading, median, opensslSpeed, rssOf, say, spawnPinned, withNginx, work, writeRequests } from './measure.mjs';
import { BenchServer, clientCredentials, tokenPath, withServer } from './server.mjs';
import { exchanging, loggingIn, loginPage } from './sign-in.mjs';
import { note, rate, report, us } from './table.mjs';

async function issuing() {
  const measured = [
    ['bench', 'ES256', 'ecdsap256', 1.5],
    ['bench-rs256', 'RS256', 'rsa2048', 1.2],
  ];
  await withNginx((nginx) =>
    withServer('issuing', async () => {}, async (server) => {
      for (const [realm, alg, name, bar] of measured) {
        const contenders = { nginx, sign: () => opensslSpeed(name), token: clientCredentials(server, realm) };
        const limitOf = (middle) => middle.sign.cpu_us + middle.nginx.cpu_us;
        const middle = await inTurns(contenders, (one) => one.token.cpu_us / limitOf(one));
        note(`client_credentials ${alg}`, us(middle.token.cpu_us), `${us(limitOf(middle))} (sign + nginx)`, middle.figure, { most: bar }, rate(middle.token));
      }
    }),
  );
}

async function peer() {
  const port = await freePort();
  const provider = spawnPinned(process.execPath, [join(root, 'bench/peers/oidc-provider.mjs'), port, 'ES256'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  await once(provider.stdout, 'data');
  const fields = { grant_type: 'client_credentials', client_id: 'bench', client_secret: 'secret' };
  const source = ['--requests', writeRequests('peer.requests', [formRequest('/token', fields)])];
  await withServer('peer', async () => {}, async (server) => {
    const contenders = { provider: loading({ port, pids: [provider.pid], source }), tessera: clientCredentials(server, 'bench') };
    const middle = await inTurns(contenders, (one) => one.provider.cpu_us / one.tessera.cpu_us);
    note('oidc-provider ES256 over Tessera', us(middle.provider.cpu_us), us(middle.tessera.cpu_us), middle.figure, { least: 5 }, rate(middle.provider));
  });
  const exited = once(provider, 'exit');
  provider.kill();
  await exited;
}

/** Logs a user in as often as refresh families are needed. */
async function openFamilies(server, count) {
  const password = JSON.parse(await server.cli('user', 'add', 'bench', 'holder', '--generate-password', '--json')).password;
  const open = async () => (await server.token('bench', { grant_type: 'password', username: 'holder', password })).refresh_token;
  const tokens = [];
  while (tokens.length < count) tokens.push(...(await Promise.all(Array.from({ length: Math.min(16, count - tokens.length) }, open))));
  return tokens;
}

const familyCount = Number(process.env.BENCH_FAMILIES ?? 1_000_000);

async function refreshing() {
  const server = await BenchServer.create('refreshing');
  await server.start();
  const tokens = await openFamilies(server, 1024);
  await server.stop();
  say(`adding ${familyCount} families`);
  addFamilies(server.database, familyCount);
  const bytes = statSync(server.database).size;
  const tokenFile = join(work, 'refresh.tokens');
  writeFileSync(tokenFile, tokens.join('\n'));
  const headFile = join(work, 'refresh.head');
  writeFileSync(headFile, `POST ${tokenPath('bench')} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n`);
  const form = `${new URLSearchParams(server.form('bench', { grant_type: 'refresh_token' }))}&refresh_token=`;
  await server.start();
  const source = ['--refresh', tokenFile, '--head', headFile, '--form', form];
  const contenders = { token: clientCredentials(server, 'bench'), refresh: loading({ port: server.port, pids: [server.pid], source, connections: 64 }) };
  const { token, refresh, figure } = await inTurns(contenders, (one) => one.refresh.cpu_us / one.token.cpu_us);
  await server.stop();
  const table = `${familyCount.toLocaleString('en')} families, ${(bytes / familyCount).toFixed(0)} bytes each on disk`;
  note('refresh, rotating, durable: per second', `${Math.round(refresh.per_s)}/s`, '', refresh.per_s, { least: 8000 }, `${rate(refresh)}; ${table}`);
  note('refresh: CPU over client_credentials', us(refresh.cpu_us), us(token.cpu_us), figure, { most: 2.5 });
}

async function introspecting() {
  await withServer('introspecting', async () => {}, async (server) => {
    const tokens = [];
    while (tokens.length < 10_000) {
      const batch = Array.from({ length: 50 }, () => server.token('bench', { grant_type: 'client_credentials' }));
      tokens.push(...(await Promise.all(batch)).map(({ access_token }) => access_token));
    }
    const requests = tokens.map((token) => formRequest('/realms/bench/oauth2/introspect', server.form('bench', { token })));
    const source = ['--requests', writeRequests('introspect.requests', requests)];
    // Long enough to see every token once: repeating ones are meant.
    const introspection = loading({ port: server.port, pids: [server.pid], source, warmup: 10 });
    const middle = await withNginx((nginx) => inTurns({ nginx, introspection }, (one) => one.introspection.cpu_us / one.nginx.cpu_us));
    note('introspection', us(middle.introspection.cpu_us), `${us(middle.nginx.cpu_us)} (nginx)`, middle.figure, { most: 2 }, rate(middle.introspection));
  });
}

async function idleMemory() {
  await withServer('idle', async () => {}, async (server) => {
    await sleep(1000);
    const mb = rssOf(server.pid);
    note('idle memory, MB', `${mb.toFixed(1)} MB`, '', mb, { most: 40 });
  });
}

/** Milliseconds from spawn to the first token. */
async function firstToken(server) {
  const begin = process.hrtime.bigint();
  server.launch();
  for (;;) {
    try {
      await server.token('bench', { grant_type: 'client_credentials' });
      break;
    } catch {
      await sleep(1);
    }
  }
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  await server.stop();
  return ms;
}

async function starting() {
  const server = await BenchServer.create('starting');
  await server.start();
  await openFamilies(server, 1);
  await server.stop();
  say(`adding 100000 clients and ${familyCount} families`);
  addClients(server.database, 100_000);
  addFamilies(server.database, familyCount);
  const times = [];
  for (let run = 0; run < 5; ++run) times.push(await firstToken(server));
  const ms = median(times);
  note('start to first token, ms', `${ms.toFixed(0)} ms`, '', ms, { most: 150 }, `100,000 clients, ${familyCount.toLocaleString('en')} families`);
}

/** Ids drawn by Zipf's law with exponent 1 over `count` ranks, seeded so that runs are alike. */
function zipfIds(count, draws) {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; ++rank) sums[rank] = sum += 1 / (rank + 1);
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: draws }, () => {
    const at = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < at) low = middle + 1;
      else high = middle;
    }
    return `bench-${low + 1}`;
  });
}

/** Both servers run, and are measured in turns. */
async function growing() {
  const withClients = (count, use) => withServer(`clients-${count}`, async (server) => addClients(server.database, count), use);
  // Long enough to fill the cache, and more ids than are asked for.
  const asking = (server, count) => clientCredentials(server, 'bench', zipfIds(count, 1_200_000), { warmup: 20 });
  await withClients(100, (few) =>
    withClients(1_000_000, async (many) => {
      const contenders = { few: asking(few, 100), many: asking(many, 1_000_000) };
      const middle = await inTurns(contenders, (one) => one.many.cpu_us / one.few.cpu_us);
      note('1,000,000 clients over 100', us(middle.many.cpu_us), us(middle.few.cpu_us), middle.figure, { most: 1.2 }, 'Zipf(1) ids, cache of 65,536');
    }),
  );
}

const sections = { issuing, peer, refreshing, exchanging, loggingIn, loginPage, introspecting, idleMemory, starting, growing };

const asked = process.argv.slice(2);
for (const name of asked.length ? asked : Object.keys(sections)) {
  if (!sections[name]) throw new Error(`no section ${name}; the sections are: ${Object.keys(sections).join(' ')}`);
  say(`== ${name}`);
  await sections[name]();
}
report();
