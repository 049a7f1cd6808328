// What a request showed in confidence is gone from the server's memory once it is answered.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { startDemo } from './harness.mjs';

const blockBytes = 1 << 20;
// What is larger is address space that a sanitizer set aside, not memory.
const rangeBytesMax = 1 << 28;

/** The ranges that a process may write. */
function writableRanges(pid) {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm);
  return [...lines].map(([, from, to]) => [parseInt(from, 16), parseInt(to, 16)]).filter(([from, to]) => to - from <= rangeBytesMax);
}

/** Which of `texts` stand anywhere in the memory of a process. */
async function heldInMemory(pid, texts) {
  const held = new Set();
  const memory = await open(`/proc/${pid}/mem`);
  const overlap = Math.max(...texts.map(({ length }) => length));
  const block = Buffer.alloc(blockBytes + overlap);
  for (const [from, to] of writableRanges(pid)) {
    for (let at = from; at < to; at += blockBytes) {
      const wanted = Math.min(to - at, block.length);
      const { bytesRead } = await memory.read(block, 0, wanted, at).catch(() => ({ bytesRead: 0 }));
      for (const text of texts) if (block.subarray(0, bytesRead).includes(text)) held.add(text);
    }
  }
  await memory.close();
  return [...held];
}

function postInChunks(server, path, text) {
  const body = ReadableStream.from([text.slice(0, 3_000), text.slice(3_000)].map((part) => Buffer.from(part)));
  return server.fetch(path, { method: 'POST', body, duplex: 'half', headers: { 'Content-Type': 'application/json' } });
}

test('passwords, client secrets and refresh tokens stay in memory no longer than their request', async (t) => {
  const { server, credentials } = await startDemo(t);
  const planted = [];
  const plant = (name) => (planted.push(`planted-${name}-5bX9-Qw7RtZ`), planted.at(-1));
  const customer = '/realms/customer/protocol/openid-connect/token';
  const form = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME };
  const browser = new Browser();
  const asked = { client_id: credentials.FLINKS_CLIENT_ID, redirect_uri: 'http://127.0.0.1/callback', response_type: 'code' };
  const page = await browser.fetch(`${server.url}/api/v1/authorize?${new URLSearchParams(asked)}`);
  assert.match((await browser.signIn(page, 'somebody', plant('page'))).html, /role="alert"/);
  const answers = [
    await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: plant('json') }),
    await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: `\n${plant('refused')}` }),
    await server.postForm(customer, { ...form, password: plant('password') }),
    await server.postForm(customer, { ...form, padding: 'x'.repeat(20_000), password: plant('long-body') }),
    await server.postForm(customer, { client_id: 'demobank-cli', grant_type: 'refresh_token', refresh_token: plant('refresh') }),
    await server.postForm('/realms/finlex/oauth2/token', { client_id: credentials.FINLEX_APP_ID, client_secret: plant('post') }),
    await postInChunks(server, '/token', JSON.stringify({ app_id: 'a', padding: 'x'.repeat(5_000), secret: plant('chunked') })),
  ];
  for (const answer of answers) await answer.arrayBuffer();
  assert.deepEqual(await heldInMemory(server.process.pid, [server.url, ...planted]), [server.url], 'and what should be there is found');
});
