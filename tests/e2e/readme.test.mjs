// The README's commands, run as they stand there against script/server, print what stands there.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { accepts, binary, freePort, root, scratch, until } from './harness.mjs';

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** "..." in an expected output stands for anything. */
const asPattern = (text) => new RegExp(`^${text.split('...').map(escape).join('[^\\n]+')}$`);

function readBlocks() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```(sh|text)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({ kind, text }));
  return blocks.filter(({ kind }) => kind === 'sh').map((block) => {
    const next = blocks[blocks.indexOf(block) + 1];
    return { command: block.text, output: next?.kind === 'text' ? next.text.trim() : '' };
  });
}

/** script/server on free ports; ends with the test. */
async function startServer(t, dir) {
  const [port, apiPort] = [await freePort(), await freePort()];
  const env = { ...process.env, TESSERA_BIN: binary, TESSERA_DEMO_DIR: dir, TESSERA_DEMO_PORT: port, TESSERA_DEMO_API_PORT: apiPort };
  const demo = spawn(join(root, 'script/server'), { env: { ...env, TESSERA_DEMO_METRICS_PORT: await freePort() }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = once(demo, 'exit');
  let ended = false;
  exited.then(() => (ended = true));
  const stop = async () => {
    if (!ended) demo.kill('SIGTERM');
    return (await exited)[0];
  };
  t.after(stop);
  await until('script/server serves', () => {
    if (ended) throw new Error(`script/server ended:\n${output}`);
    return output.includes('serving; Ctrl-C stops');
  }, 60);
  return { stop, env, apiPort, port, output: () => output };
}

test('from script/server to a token, a call, a revoke and a refusal for each system', async (t) => {
  const dir = join(scratch(t), 'demo');
  await startServer(t, dir);
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.equal(statSync(join(dir, 'demo.env')).mode & 0o777, 0o600);
  const blocks = readBlocks();
  assert.ok(blocks.length >= 7);
  // One shell for all: variables of one block are used in the next. A mark parts their outputs.
  const mark = '----- next block -----';
  const here = (command) => command.replaceAll('var/demo', dir).replaceAll('build/release/tessera', binary);
  const script = blocks.map(({ command }) => here(command)).join(`\necho '${mark}'\n`);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: scratch(t) });
  const outputs = stdout.split(`${mark}\n`).map((text) => text.trim());
  blocks.forEach(({ command, output }, index) => assert.match(outputs[index], asPattern(output), command));
});

/** The access tokens that the curl lines printed by script/server get, in their order. */
async function tokensOfPrintedLines(output) {
  const lines = output.split('\n').filter((text) => text.trim().startsWith('curl '));
  return Promise.all(lines.map(async (line) => {
    const { stdout } = await promisify(execFile)('bash', ['-c', `${line} --silent`]);
    const token = JSON.parse(stdout).access_token;
    assert.ok(token, line);
    return token;
  }));
}

test('the printed curl lines work, and a second start keeps the credentials and finds the API', async (t) => {
  const dir = join(scratch(t), 'demo');
  const secrets = () => readFileSync(join(dir, 'demo.env'), 'utf8').split('\n').filter((line) => /SECRET|PASSWORD/.test(line));
  const first = await startServer(t, dir);
  const before = secrets();
  assert.equal((await tokensOfPrintedLines(first.output())).length, 3);
  await first.stop();
  assert.equal(await accepts(first.port), false, 'nothing is left behind');
  assert.equal(await accepts(first.apiPort), false);
  // The API listens where it finds room: where it was before must not be where nginx looks for it.
  writeFileSync(join(dir, 'api.log'), 'listening on 1\n');
  const second = await startServer(t, dir);
  assert.deepEqual(secrets(), before);
  const [token] = await tokensOfPrintedLines(second.output());
  const answer = await fetch(`http://127.0.0.1:${second.apiPort}/v1/api/tender`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
});

test('a taken port is one clear line', async (t) => {
  const dir = join(scratch(t), 'demo');
  const { env } = await startServer(t, dir);
  await assert.rejects(promisify(execFile)(join(root, 'script/server'), { env }), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr.trim(), /^server: port \d+ is taken: [^\n]+$/);
    return true;
  });
});

test('the documents that the README names exist', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(join(root, target)), target);
});
