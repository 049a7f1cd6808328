// What people's sign-in costs: the login page, the password, and the code that comes of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from '../tests/e2e/browser.mjs';
import { argon2idSpeed, formRequest, httpRequest, inTurns, loading, measure, startLoad, withNginx, work, writeRequests } from './measure.mjs';
import { BenchServer, clientCredentials, tokenPath } from './server.mjs';
import { note, rate, us } from './table.mjs';

/** Until the logins that a storm leaves behind are hashed. */
const settle_ms = 4_000;
const redirectUri = 'https://bench.example/cb';
const authorizePath = `/realms/bench/oauth2/authorize?${new URLSearchParams({ response_type: 'code', client_id: 'bench', redirect_uri: redirectUri, scope: 'openid', state: 's', nonce: 'n' })}`;

async function withHolder(name, options, use) {
  const server = await BenchServer.create(name, options);
  const password = JSON.parse(await server.cli('user', 'add', 'bench', 'holder', '--generate-password', '--json')).password;
  await server.start();
  try {
    return await use(server, password);
  } finally {
    await server.stop();
  }
}

export async function exchanging() {
  await withHolder('exchanging', {}, async (server, password) => {
    const browser = new Browser();
    await browser.signIn(await browser.fetch(`http://127.0.0.1:${server.port}${authorizePath}`), 'holder', password);
    const cookie = [...browser.cookies].map(([cookieName, value]) => `${cookieName}=${value}`).join('; ');
    const authorizeFile = writeRequests('authorize.request', [httpRequest('GET', authorizePath, { Cookie: cookie })]);
    const headFile = join(work, 'exchange.head');
    writeFileSync(headFile, `POST ${tokenPath('bench')} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n`);
    const form = `${new URLSearchParams(server.form('bench', { grant_type: 'authorization_code', redirect_uri: redirectUri }))}&code=`;
    const source = ['--codes', 40_000, '--authorize', authorizeFile, '--head', headFile, '--form', form];
    const result = await measure('code exchange with ID token', { port: server.port, pids: [server.pid], source, connections: 64, warmup: 0 });
    note('code exchange with ID token, durable: per second', `${Math.round(result.per_s)}/s`, '', result.per_s, { least: 4000 }, `${us(result.cpu_us)}; ${rate(result)}`);
  });
}

export async function loggingIn() {
  const [passes, memory_kib] = [2, 19_456];
  await withHolder('logging-in', { password: `passes = ${passes}\nmemory_kib = ${memory_kib}` }, async (server, password) => {
    const request = formRequest(tokenPath('bench'), server.form('bench', { grant_type: 'password', username: 'holder', password }));
    const source = ['--requests', writeRequests('login.requests', [request])];
    const contenders = {
      hash: () => argon2idSpeed(passes, memory_kib),
      login: loading({ port: server.port, pids: [server.pid], source, seconds: 6 }),
    };
    const { hash, login, figure } = await inTurns(contenders, (one) => one.hash.cpu_us / one.login.cpu_us);
    note('password login: argon2id over all CPU', us(login.cpu_us), `${us(hash.cpu_us)} (argon2id)`, figure, { least: 0.9 }, rate(login));

    const calm = clientCredentials(server, 'bench');
    const storm = async (turn) => {
      const stop = startLoad({ port: server.port, source, connections: 64 });
      const result = await calm(turn);
      await stop();
      await sleep(settle_ms);
      return result;
    };
    const middle = await inTurns({ calm, storm }, (one) => one.storm.p99_us / one.calm.p99_us, 'p99_us');
    note('client_credentials in a storm of logins: p99', `${middle.storm.p99_us} us`, `${middle.calm.p99_us} us (no storm)`, middle.figure, { most: 2 }, rate(middle.storm));
  });
}

export async function loginPage() {
  await withHolder('login-page', {}, async (server) => {
    const source = ['--requests', writeRequests('page.requests', [httpRequest('GET', authorizePath, { Accept: 'text/html' })])];
    const page = loading({ port: server.port, pids: [server.pid], source });
    const middle = await withNginx((nginx) => inTurns({ nginx, page }, (one) => one.page.cpu_us / one.nginx.cpu_us));
    note('login page', us(middle.page.cpu_us), `${us(middle.nginx.cpu_us)} (nginx)`, middle.figure, { most: 3 }, rate(middle.page));
  });
}
