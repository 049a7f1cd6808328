// One server on a database: on PostgreSQL, which many could reach.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, startTessera } from './harness.mjs';

const realms = ['demo/finlex.toml'];
const refusal = /^tessera: another Tessera has the database open: [^\n]+--config[^\n]+\n$/;

const refused = ({ code, stderr }) => {
  assert.equal(code, 1);
  const lines = stderr.split('\n').filter((line) => line && !line.startsWith('{'));
  assert.match(`${lines.join('\n')}\n`, refusal);
  return true;
};

test('a second server and a command from elsewhere are refused while a server has the database', async (t) => {
  const settings = `store_url = "${await startPostgres(t)}"\n`;
  const server = await startTessera(t, { realms, settings, mounts: [] });
  const elsewhere = await startTessera(t, { settings, mounts: [], started: false, env: { TESSERA_MASTER_KEY: 'A'.repeat(43) } });
  await assert.rejects(elsewhere.cli('serve'), refused);
  await assert.rejects(elsewhere.cli('secret', 'add', 'finlex', 'tender-app'), refused);
  // A command with the server's own configuration reaches it, and what it changes holds at once.
  const secret = await server.newSecret('finlex', 'tender-app');
  const credentials = { grant_type: 'client_credentials', client_id: 'tender-app', client_secret: secret };
  assert.equal((await server.postForm('/realms/finlex/oauth2/token', credentials)).status, 200);
});

test('a server that was killed leaves the database to the next', async (t) => {
  const settings = `store_url = "${await startPostgres(t)}"\n`;
  const server = await startTessera(t, { realms, settings, mounts: [] });
  await server.kill();
  await server.start();
  assert.equal(await server.stop(), 0);
});

test('a database that answers no more does not keep a server from stopping', async (t) => {
  const url = new URL(await startPostgres(t));
  const [host, port] = [url.hostname, Number(url.port)];
  const links = [];
  const wire = createServer((near) => {
    const far = connect(port, host);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
    links.push([near, far]);
  });
  t.after(() => links.flat().forEach((socket) => socket.destroy()) ?? wire.close());
  await once(wire.listen(0, '127.0.0.1'), 'listening');
  url.port = wire.address().port;
  const server = await startTessera(t, { realms, settings: `store_url = "${url}"\n`, mounts: [] });
  for (const [near, far] of links) near.unpipe(far).pause();
  const asked = server.postForm('/realms/finlex/oauth2/token', { grant_type: 'client_credentials', client_id: 'tender-app', client_secret: 'x' });
  asked.catch(() => {}); // whether it is answered is not the question
  await sleep(1_500); // by then the server itself waits for the database
  assert.equal(await server.stop(), 1);
  assert.match(server.log(), /would not end within 5 s/);
});
