// A Tessera to measure: release build, one thread on core 0, its own data, throttles out of the way.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { accepts, freePort, root, until } from '../tests/e2e/harness.mjs';
import { formRequest, freshFolder, loading, spawnPinned, writeRequests } from './measure.mjs';

const exec = promisify(execFile);
const binary = resolve(root, process.env.TESSERA_BIN ?? 'build/release/tessera');

export class BenchServer {
  /** Sets up a data folder with the realms of bench/realms; not started yet. */
  static async create(name, { password = 'passes = 1\nmemory_kib = 7168' } = {}) {
    const server = new BenchServer();
    server.dir = freshFolder(name);
    server.port = await freePort();
    server.config = join(server.dir, 'server.toml');
    writeFileSync(
      server.config,
      `data_dir = "data"
base_url = "http://127.0.0.1:${server.port}"
threads = 1
[[listen]]
port = ${server.port}
[metrics]
port = 0
[log]
level = "warning"
[throttle]
address_per_minute = 100_000_000
client_per_minute = 100_000_000
[password]
${password}
`,
    );
    await server.cli('apply', join(root, 'bench/realms/bench.toml'), join(root, 'bench/realms/bench-rs256.toml'));
    server.secrets = {};
    for (const realm of ['bench', 'bench-rs256']) server.secrets[realm] = JSON.parse(await server.cli('secret', 'add', realm, 'bench', '--json')).secret;
    return server;
  }

  async cli(...args) {
    return (await exec(binary, args, { env: { ...process.env, TESSERA_CONFIG: this.config }, maxBuffer: 1 << 24 })).stdout;
  }

  get database() {
    const data = join(this.dir, 'data');
    return join(data, readdirSync(data).find((name) => name.endsWith('.db')));
  }

  launch() {
    this.process = spawnPinned(binary, ['serve', '--config', this.config]);
    this.exited = once(this.process, 'exit');
  }

  async start() {
    this.launch();
    await until('Tessera listens', () => accepts(this.port), 60);
    await until('Tessera is ready', async () => (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok, 60);
  }

  async stop() {
    this.process.kill('SIGTERM');
    await this.exited;
  }

  get pid() {
    return this.process.pid;
  }

  form(realm, fields, client = 'bench') {
    return { client_id: client, client_secret: this.secrets[realm], ...fields };
  }

  async token(realm, fields) {
    const body = new URLSearchParams(this.form(realm, fields));
    const answer = await fetch(`http://127.0.0.1:${this.port}/realms/${realm}/oauth2/token`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

export async function withServer(name, prepare, use) {
  const server = await BenchServer.create(name);
  await prepare(server);
  await server.start();
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

export const tokenPath = (realm) => `/realms/${realm}/oauth2/token`;

/** client_credentials of these clients, one after the other, each turn from other ones on. */
export function clientCredentials(server, realm, clients = ['bench'], more = {}) {
  const requests = clients.map((id) => formRequest(tokenPath(realm), server.form(realm, { grant_type: 'client_credentials' }, id)));
  const file = writeRequests(`${realm}-${server.port}.requests`, requests);
  // A list that came again at once would find in the cache what the turn before had left there.
  const source = (turn) => ['--requests', file, '--from', turn * 8_000];
  return loading({ port: server.port, pids: [server.pid], source, ...more });
}
