// Starts real servers on free ports with fresh data: Tessera, nginx, PostgreSQL. Every test cleans up by itself.
//
// TESSERA_BIN names the binary (default build/asan/tessera).
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = resolve(root, process.env.TESSERA_BIN ?? 'build/asan/tessera');

const firstPort = 10_000; // up to 32,000: below those that the system deals out to connecting sockets, which would take one while its server is down
const portsEach = 100;
const ranges = 220;
let range;
let portsTried = 0;

/** A port that nothing listens on now, of a range that no other test program has: a server may be down for a while and find it free. */
export async function freePort() {
  range ??= takeRange();
  const start = await range;
  for (;;) {
    const port = start + 1 + (portsTried++ % (portsEach - 1));
    if (await canListen(port)) return port;
  }
}

/** The first port of a range that is ours until this program ends: by listening on it. */
async function takeRange() {
  for (let tried = 0; tried < ranges; tried++) {
    const start = firstPort + portsEach * ((process.pid + tried) % ranges);
    const held = await listen(start);
    if (held) return held.unref() && start;
  }
  throw new Error(`none of ${ranges} ranges of ports from ${firstPort} on is free`);
}

/** A server on that port, or null. */
function listen(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function canListen(port) {
  const server = await listen(port);
  if (server) await new Promise((closed) => server.close(closed));
  return server !== null;
}

/** Asks `probe` until it gives something truthy. Fails with `what` after `seconds`. */
export async function until(what, probe, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(25);
  }
}

/** A folder for one test, gone afterwards. */
export function scratch(t) {
  const dir = mkdtempSync(join(tmpdir(), 'tessera-e2e-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const accepts = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => (socket.destroy(), done(true)));
    socket.on('error', () => done(false));
  });

const defaultMounts = [
  { dialect: 'finlex', realm: 'finlex' },
  { dialect: 'flinks', realm: 'flinks' },
  { dialect: 'finapi' },
];

function settingsText({ port, mounts, settings, tables }) {
  const mountText = mounts.map((mount) => `[[mount]]\n${Object.entries(mount).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('')}`);
  return [
    `data_dir = "data"\nbase_url = "http://127.0.0.1:${port}"\n${settings}`,
    `[[listen]]\naddress = "127.0.0.1"\nport = ${port}`,
    ...mountText,
    tables,
  ].join('\n\n');
}

const generousThrottle = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 1000000\n';
const quickPasswords = '[password]\npasses = 1\nmemory_kib = 7168\n';

/** One Tessera with its own data folder. */
export class Tessera {
  constructor(t, options) {
    this.dir = scratch(t);
    this.port = options.port;
    this.metricsPort = options.metricsPort;
    this.url = `http://127.0.0.1:${this.port}`;
    this.config = join(this.dir, 'server.toml');
    this.logFile = join(this.dir, 'server.log');
    this.process = null;
    this.env = options.env ?? {};
    this.launcher = options.launcher ?? [];
    const metrics = `[metrics]\nport = ${this.metricsPort}\n`;
    writeFileSync(
      this.config,
      settingsText({
        port: this.port,
        mounts: options.mounts ?? defaultMounts,
        settings: options.settings ?? 'trusted_proxies = ["127.0.0.1"]\n',
        tables: metrics + (options.tables ?? generousThrottle + quickPasswords),
      }),
    );
    t.after(() => this.kill());
  }

  /** Runs `tessera ARGS`; its output, or an error that holds code, stdout and stderr. */
  async cli(...args) {
    return this.cliWithInput('', ...args);
  }

  async cliWithInput(input, ...args) {
    const env = { ...process.env, ...this.env, TESSERA_CONFIG: this.config };
    const running = promisify(execFile)(binary, args, { env, cwd: this.dir, timeout: 60_000 });
    running.child.stdin.on('error', () => {}); // a command that reads no input may have ended already
    running.child.stdin.end(input);
    return running;
  }

  async json(...args) {
    return JSON.parse((await this.cli(...args, '--json')).stdout);
  }

  /** Realm files by path, relative to the repository. */
  async apply(...files) {
    return this.cli('apply', ...files.map((file) => resolve(root, file)));
  }

  async newSecret(realm, client) {
    return (await this.json('secret', 'add', realm, client)).secret;
  }

  async newUser(realm, name, ...more) {
    return (await this.json('user', 'add', realm, name, '--generate-password', ...more)).password;
  }

  async start() {
    const log = createWriteStream(this.logFile, { flags: 'a' });
    await once(log, 'open');
    const [program, ...args] = [...this.launcher, binary, 'serve', '--config', this.config];
    this.process = spawn(program, args, {
      env: { ...process.env, ...this.env },
      cwd: this.dir,
      stdio: ['ignore', log, log],
    });
    this.exited = once(this.process, 'exit');
    let ended = false;
    this.exited.then(() => (ended = true));
    await until('Tessera is ready', async () => {
      if (ended) throw new Error(`Tessera ended at start:\n${this.log()}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      return answer?.status === 200;
    });
    return this;
  }

  log() {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Everything that it wrote beside the database: the log and the audit file. */
  written() {
    return this.log() + readFileSync(join(this.dir, 'data/audit.jsonl'), 'utf8');
  }

  /** Ends it gracefully; its exit status. */
  async stop() {
    if (!this.process) return null;
    this.process.kill('SIGTERM');
    const [code] = await this.exited;
    this.process = null;
    return code;
  }

  /** Ends it as a power cut would. */
  async kill() {
    if (!this.process) return;
    this.process.kill('SIGKILL');
    await this.exited;
    this.process = null;
  }

  fetch(path, options) {
    return fetch(this.url + path, { redirect: 'manual', ...options });
  }

  postForm(path, fields, headers = {}) {
    return this.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  postJson(path, body, headers = {}) {
    return this.fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  }

  /** Bytes in, bytes out: for requests that no client would send. Reads until the server closes or `quiet_ms` pass without data. */
  raw(bytes, { quiet_ms = 1500, half_close = false } = {}) {
    return rawExchange(this.port, bytes, quiet_ms, half_close);
  }
}

export function rawExchange(port, bytes, quiet_ms = 1500, half_close = false) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const chunks = [];
    const finish = () => {
      socket.destroy();
      done(Buffer.concat(chunks).toString('latin1'));
    };
    socket.setTimeout(quiet_ms, finish);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('connect', () => (half_close ? socket.end(bytes) : socket.write(bytes)));
  });
}

/**
 * A Tessera that serves the realm files given. Options: realms (files), mounts, settings (root keys as TOML), tables (TOML),
 * env, launcher (words of a command that becomes the server), started (default true).
 */
export async function startTessera(t, { realms = [], started = true, ...options } = {}) {
  const server = new Tessera(t, { ...options, port: await freePort(), metricsPort: await freePort() });
  if (realms.length) await server.apply(...realms);
  return started ? server.start() : server;
}

/** The demo as script/server makes it: three realms, their credentials. */
export async function startDemo(t, options = {}) {
  const realms = ['demo/finlex.toml', 'demo/customer.toml', 'demo/flinks.toml'];
  const server = await startTessera(t, { realms, started: false, ...options });
  const credentials = {
    FINLEX_APP_ID: 'tender-app',
    FINLEX_SECRET: await server.newSecret('finlex', 'tender-app'),
    FINAPI_MANDATOR: 'customer',
    FINAPI_USERNAME: 'demo',
    FINAPI_PASSWORD: await server.newUser('customer', 'demo'),
    FLINKS_CLIENT_ID: 'dc-demo',
    FLINKS_CLIENT_SECRET: await server.newSecret('flinks', 'dc-demo'),
  };
  await server.start();
  return { server, credentials };
}

/** The demo's nginx and its sample API before `server`. `realm` and `scope`: what /accounts asks for. */
export async function startNginx(t, server, { realm = 'flinks', scope = 'ACCOUNT_BASIC' } = {}) {
  const dir = scratch(t);
  mkdirSync(join(dir, 'nginx-tmp'));
  chmodSync(dir, 0o755);
  const api = spawn(process.execPath, [join(root, 'demo/api.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => api.kill());
  const [line] = await once(api.stdout, 'data');
  const values = {
    DIR: dir,
    USER: process.getuid() === 0 ? 'user www-data;' : '',
    PORT: server.port,
    API_PORT: await freePort(),
    UPSTREAM_PORT: /\d+/.exec(line.toString())[0],
  };
  const config = readFileSync(join(root, 'demo/config/nginx.conf'), 'utf8').replace(/@([A-Z_]+)@/g, (whole, name) => values[name] ?? whole);
  writeFileSync(join(dir, 'nginx.conf'), config.replaceAll(' flinks;', ` ${realm};`).replace(' ACCOUNT_BASIC;', ` ${scope};`));
  const nginx = spawn('nginx', ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'nginx-error.log')], { stdio: 'inherit' });
  t.after(() => nginx.kill());
  await until('nginx listens', () => accepts(values.API_PORT));
  return {
    url: `http://127.0.0.1:${values.API_PORT}`,
    logs: () => ['nginx-access.log', 'nginx-error.log'].map((name) => readFileSync(join(dir, name), 'utf8')).join(''),
  };
}

const postgresPrograms = '/usr/lib/postgresql/15/bin';

/** A PostgreSQL of its own on a free port: its URL. initdb refuses root, so root runs it as `postgres`. */
export async function startPostgres(t) {
  const dir = mkdtempSync(join(tmpdir(), 'tessera-pg-'));
  const port = await freePort();
  const asRoot = process.getuid() === 0;
  if (asRoot) await promisify(execFile)('chown', ['postgres', dir]);
  const command = (program, args) => (asRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]] : [program, args]);
  const data = join(dir, 'data');
  const run = (program, args) => promisify(execFile)(...command(join(postgresPrograms, program), args), { cwd: dir });
  await run('initdb', ['-D', data, '-U', 'tessera', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  const settings = ['-p', port, '-k', dir, '-h', '127.0.0.1', '-c', 'max_connections=60'].map(String);
  const server = spawn(...command(join(postgresPrograms, 'postgres'), ['-D', data, ...settings]), { cwd: dir, stdio: 'ignore' });
  t.after(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGINT');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  });
  await until('PostgreSQL is ready', () => run('pg_isready', ['-h', '127.0.0.1', '-p', String(port)]).catch(() => false));
  await run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'tessera', 'tessera']);
  return `postgresql://tessera@127.0.0.1:${port}/tessera`;
}

/** The claims of a JWT, unverified. */
export function claimsOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
}

export function headerOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
}
