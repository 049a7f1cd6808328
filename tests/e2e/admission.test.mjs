// Who gets a turn, and who is counted: what one realm, instance or stranger must not do to the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDemo, startPostgres, startTessera, until } from './harness.mjs';

const neighbour = 'tests/e2e/realms/neighbour.toml';
const tokenPath = '/realms/neighbour/oauth2/token';
const generous = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 1000000\n';

async function startNeighbour(t, options) {
  const server = await startTessera(t, { realms: [neighbour], mounts: [], ...options });
  const secret = await server.newSecret('neighbour', 'app');
  const app = { client_id: 'app', client_secret: secret };
  const ask = async (fields) => {
    const response = await server.postForm(tokenPath, { ...app, ...fields });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), ...(await response.json()) };
  };
  return { server, ask, secret };
}

test('a realm that is flooded with logins leaves another its turn, though one address asks for both', async (t) => {
  const tables = `${generous}[password]\npasses = 3\nmemory_kib = 65536\nhash_memory_mib = 65\n`;
  const { server } = await startDemo(t, { tables });
  await server.apply(neighbour);
  const client_secret = await server.newSecret('neighbour', 'app');
  const password = await server.newUser('neighbour', 'ann');
  let flooding = true;
  let refusals = 0;
  const flood = Array.from({ length: 100 }, async (_, index) => {
    for (let round = 0; flooding; round += 1) {
      const form = { client_id: 'demobank-cli', grant_type: 'password', username: `nobody-${index}-${round}`, password: 'x' };
      const answer = await server.postForm('/realms/customer/protocol/openid-connect/token', form);
      await answer.arrayBuffer();
      if (answer.status !== 503) continue;
      assert.equal(answer.headers.get('retry-after'), '1');
      refusals += 1;
      await sleep(5);
    }
  });
  await until('the flood has filled its share', () => refusals > 50);
  const form = { client_id: 'app', client_secret, grant_type: 'password', username: 'ann', password };
  const answer = await server.postForm(tokenPath, form);
  flooding = false;
  assert.equal(answer.status, 200, await answer.text());
  await Promise.all(flood);
});

test('an instance that kept an old secret never throttles its neighbours', async (t) => {
  const { ask } = await startNeighbour(t);
  for (let i = 0; i < 30; i += 1)
    assert.equal((await ask({ grant_type: 'client_credentials', client_secret: 'the secret before' })).status, 401, `try ${i}`);
  assert.equal((await ask({ grant_type: 'client_credentials' })).status, 200);
});

test('who guesses is told what remains of the wait', async (t) => {
  const { ask } = await startNeighbour(t);
  const guess = async (i) => ask({ grant_type: 'client_credentials', client_secret: `guess ${i}` });
  let refused = await guess(0);
  for (let i = 1; i < 30 && refused.status === 401; i += 1) refused = await guess(i);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.retryAfter) < 30, `the first waits are short: ${refused.retryAfter}`);
  await sleep(Number(refused.retryAfter) * 1_000);
  assert.equal((await ask({ grant_type: 'client_credentials' })).status, 200);
});

test('who guesses keeps nobody out but whoever shares their address', async (t) => {
  const { server, secret: right } = await startNeighbour(t);
  const status = async (address, secret) => {
    const form = { grant_type: 'client_credentials', client_id: 'app', client_secret: secret };
    return (await server.postForm(tokenPath, form, { 'X-Forwarded-For': address })).status;
  };
  const guesses = [];
  for (let i = 0; i < 8; i += 1) guesses.push(await status('192.0.2.1', `guess ${i}`));
  assert.equal(guesses.at(-1), 429);
  assert.equal(await status('192.0.2.1', right), 429);
  assert.equal(await status('198.51.100.1', right), 200);
});

test('within its leeway a refresh token is shown again only as it was shown before', async (t) => {
  const { server, ask } = await startNeighbour(t);
  const other_secret = await server.newSecret('neighbour', 'app');
  const login = { grant_type: 'password', username: 'ann', password: await server.newUser('neighbour', 'ann') };
  const refresh = (refresh_token, fields = {}) => ask({ grant_type: 'refresh_token', refresh_token, ...fields });
  const cases = [
    ['the same again', { scope: 'accounts' }, { scope: 'accounts' }, 200],
    ['another secret of the client', {}, { client_secret: other_secret }, 400],
    ['a secret newer than the family, twice', { client_secret: other_secret }, { client_secret: other_secret }, 200],
    ['a wider scope', { scope: 'accounts' }, { scope: 'accounts payments' }, 400],
    ['another scope', { scope: 'accounts' }, { scope: 'payments' }, 400],
  ];
  for (const [name, first, again, status] of cases) {
    const { refresh_token } = await ask(login);
    const successor = await refresh(refresh_token, first);
    assert.equal(successor.status, 200, name);
    const second = await refresh(refresh_token, again);
    assert.equal(second.status, status, name);
    if (status === 200) assert.equal(second.refresh_token, successor.refresh_token, name);
    assert.equal((await refresh(successor.refresh_token, first)).status, status, `${name}: the family after it`);
  }
});

test('a superseded refresh token ends its family, also when the request has another fault', async (t) => {
  const { server, ask } = await startNeighbour(t);
  const login = { grant_type: 'password', username: 'ann', password: await server.newUser('neighbour', 'ann') };
  const refresh = (refresh_token, fields = {}) => ask({ grant_type: 'refresh_token', refresh_token, ...fields });
  const { refresh_token } = await ask(login);
  const second = await refresh(refresh_token);
  const third = await refresh(second.refresh_token);
  assert.equal(third.status, 200);
  assert.equal((await refresh(refresh_token, { scope: 'never-granted' })).status, 400);
  assert.equal((await refresh(third.refresh_token)).status, 400);
});

test('waiting after wrong secrets does not tell which clients exist, are disabled or belong elsewhere', async (t) => {
  const { server, ask } = await startNeighbour(t);
  const statusesOf = async (client_id) => {
    const statuses = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await ask({ grant_type: 'client_credentials', client_id, client_secret: `wrong ${i}` })).status);
    return statuses;
  };
  const unknown = await statusesOf('nobody');
  assert.equal(unknown.at(-1), 429);
  await server.cli('client', 'disable', 'neighbour', 'app');
  assert.deepEqual(await statusesOf('app'), unknown);
});

test('a client is counted once a request, also when its record had to be fetched', { timeout: 120_000 }, async (t) => {
  const settings = `store_url = "${await startPostgres(t)}"\n`;
  const tables = '[throttle]\naddress_per_minute = 1000000\nclient_per_minute = 3\n';
  const { ask } = await startNeighbour(t, { settings, tables });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await ask({ grant_type: 'client_credentials' })).status);
  assert.deepEqual(statuses, [200, 200, 200, 429]);
});
