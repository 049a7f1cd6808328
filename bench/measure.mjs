// How things are measured: a process pinned to core 0, the load to core 1, CPU from /proc over the number of 2xx.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { accepts, freePort, root, until } from '../tests/e2e/harness.mjs';

const exec = promisify(execFile);
export const work = join(root, 'build/bench');
const loadProgram = resolve(root, process.env.TESSERA_LOAD ?? 'build/release/bench/tessera_load');
const serverCore = '0';
const loadCore = String(Math.min(1, cpus().length - 1));

export const pace = process.env.BENCH_QUICK
  ? { runs: 1, warmup: 1, seconds: 3, turns: 3, turn: { warmup: 1, seconds: 1 } }
  : { runs: 3, warmup: 3, seconds: 10, turns: 9, turn: { warmup: 1, seconds: 3 } };

export const say = (text) => console.error(`[${new Date().toTimeString().slice(0, 8)}] ${text}`);
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export function freshFolder(name) {
  const dir = join(work, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** Starts a program on the server's core; `ended` is called at the end of the section. */
export function spawnPinned(program, args, options = {}) {
  return spawn('taskset', ['-c', serverCore, program, ...args], { stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

export const httpRequest = (method, path, headers, body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}` +
  `${method === 'GET' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`;

export const formRequest = (path, fields) =>
  httpRequest('POST', path, { 'Content-Type': 'application/x-www-form-urlencoded' }, new URLSearchParams(fields).toString());

export function writeRequests(name, requests) {
  mkdirSync(work, { recursive: true });
  const file = join(work, name);
  writeFileSync(file, requests.join('\x1e'));
  return file;
}

async function once_(args) {
  const { stdout } = await exec('taskset', ['-c', loadCore, loadProgram, ...args.map(String)]);
  const result = JSON.parse(stdout);
  if (result.good < result.requests * 0.999) throw new Error(`answers other than 2xx: ${JSON.stringify(result.statuses)}`);
  return { cpu_us: (result.cpu_s / result.good) * 1e6, per_s: result.good / result.seconds, p50_us: result.p50_us, p99_us: result.p99_us };
}

const told = ({ cpu_us, per_s, p50_us, p99_us }) => `${cpu_us.toFixed(1)} us CPU, ${Math.round(per_s)}/s, p50 ${p50_us} us, p99 ${p99_us} us`;

const middleOf = (results, by) => results.toSorted((a, b) => a[by] - b[by])[Math.floor(results.length / 2)];

/** What one load measures at each turn, warmed up longer before the first. `source` (may depend on the turn) is what tessera_load sends. */
export const loading =
  ({ port, pids, source, connections = 32, warmup = pace.warmup, seconds = pace.turn.seconds }) =>
  (turn) =>
    once_([
      ...['--port', port, '--pids', pids.join(','), '--connections', connections, '--seconds', seconds],
      ...['--warmup', turn === 0 ? warmup : pace.turn.warmup],
      ...(typeof source === 'function' ? source(turn) : source),
    ]);

/** The median run of a load alone, by CPU per answer; each is warmed up like a first turn. */
export async function measure(name, load) {
  const run = loading({ seconds: pace.seconds, ...load });
  const results = [];
  while (results.length < pace.runs) results.push(await run(0));
  const result = middleOf(results, 'cpu_us');
  say(`${name}: ${told(result)}`);
  return result;
}

/**
 * Measures things in short turns, so that what neighbours on the machine do to one they do to the others. Of each, the turn counts that is
 * the median by `by`; `figureOf` makes one figure of those, by their names. Returns them, with `figure`.
 */
export async function inTurns(measured, figureOf, by = 'cpu_us') {
  const turns = Object.fromEntries(Object.keys(measured).map((name) => [name, []]));
  for (let turn = 0; turn < pace.turns; ++turn)
    for (const [name, measureOnce] of Object.entries(measured)) turns[name].push(await measureOnce(turn));
  const middle = {};
  for (const [name, results] of Object.entries(turns)) {
    middle[name] = middleOf(results, by);
    say(`${name}, by ${by}: ${results.map((result) => result[by].toFixed(1)).join(' ')}`);
  }
  return { ...middle, figure: figureOf(middle) };
}

/** A load beside what is measured, until the returned function is called. It sleeps while it waits. */
export function startLoad({ port, source, connections }) {
  const args = ['--port', port, '--patient', 1, '--warmup', 0, '--seconds', 3600, '--connections', connections, ...source];
  const load = spawn('taskset', ['-c', loadCore, loadProgram, ...args.map(String)], { stdio: 'ignore' });
  const exited = once(load, 'exit');
  return async () => {
    load.kill();
    await exited;
  };
}

/** CPU microseconds of one argon2id hash by libsodium. */
export async function argon2idSpeed(passes, memory_kib) {
  const { stdout } = await exec('taskset', ['-c', serverCore, join(dirname(loadProgram), 'tessera_hash'), String(passes), String(memory_kib)]);
  return { cpu_us: Number(stdout) };
}

/** CPU microseconds of one signature by `openssl speed`. */
export async function opensslSpeed(algorithm) {
  const { stdout } = await exec('taskset', ['-c', serverCore, 'openssl', 'speed', '-seconds', '1', algorithm], { maxBuffer: 1 << 20 });
  const [signatures_per_s] = stdout.trim().split('\n').at(-1).trim().split(/\s+/).slice(-2).map(Number);
  return { cpu_us: 1e6 / signatures_per_s };
}

/** nginx with a 1 KB file, which is what an HTTP answer costs at best: `use` gets what it measures at each turn. */
export async function withNginx(use) {
  const dir = freshFolder('nginx');
  const port = await freePort();
  mkdirSync(join(dir, 'tmp'));
  writeFileSync(join(dir, 'static.txt'), 'x'.repeat(1024));
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/tmp;`).join(' ');
  const user = process.getuid() === 0 ? 'user root;' : '';
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; ${user} pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 1; events { worker_connections 1024; }
http { access_log off; ${temp} keepalive_requests 1000000000; sendfile on; open_file_cache max=10; root ${dir};
server { listen 127.0.0.1:${port}; } }\n`,
  );
  const nginx = spawnPinned('nginx', ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')]);
  await until('nginx listens', () => accepts(port));
  const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ');
  const source = ['--requests', writeRequests('nginx.requests', [httpRequest('GET', '/static.txt', {})])];
  try {
    return await use(loading({ port, pids: children, source }));
  } finally {
    const exited = once(nginx, 'exit');
    nginx.kill();
    await exited;
  }
}

export const rssOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
