// Running it: start, refusal to start, reload, stop, TLS, metrics, the command line on a running and a stopped server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { freePort, root, scratch, startDemo, startTessera, until } from './harness.mjs';

const oneLine = /^[^\n]+$/;

/** A connection whose steps can be waited for: `opened` (false: refused), `ended` (all that came). */
class Connection {
  constructor(port) {
    let text = '';
    this.socket = connect(port, '127.0.0.1');
    this.opened = new Promise((done) => this.socket.on('connect', () => done(true)).on('error', () => done(false)));
    this.ended = new Promise((done) => this.socket.on('data', (chunk) => (text += chunk)).on('close', () => done(text)));
  }

  /** Comes back when the system has it all. */
  send(text) {
    return new Promise((done) => this.socket.write(text, done));
  }
}

async function openConnections(server) {
  const metrics = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
  return Number(/^tessera_open_connections (\d+)/m.exec(metrics)[1]);
}

test('a taken port is one clear line', async (t) => {
  const { server } = await startDemo(t);
  const second = await startTessera(t, { realms: ['demo/finlex.toml'], started: false });
  writeFileSync(second.config, readFileSync(second.config, 'utf8').replaceAll(String(second.port), String(server.port)));
  await assert.rejects(second.cli('serve'), ({ code, stderr }) => {
    assert.equal(code, 1);
    const lines = stderr.trim().split('\n').filter((line) => !line.startsWith('{'));
    assert.equal(lines.length, 1, stderr);
    assert.ok(lines[0].includes(`127.0.0.1:${server.port} is taken`), stderr);
    return true;
  });
});

test('a wrong configuration is one line with the place and the nearest key', async (t) => {
  const server = await startTessera(t, { started: false });
  writeFileSync(server.config, `bass_url = "http://127.0.0.1:1"\n${readFileSync(server.config, 'utf8')}`);
  await assert.rejects(server.cli('serve'), ({ code, stderr }) => {
    assert.notEqual(code, 0);
    assert.match(stderr.trim(), oneLine);
    assert.match(stderr, /server\.toml:1: .*base_url/);
    return true;
  });
});

test('a second server on the same data is refused', async (t) => {
  const { server } = await startDemo(t);
  const other = join(server.dir, 'other.toml');
  writeFileSync(other, readFileSync(server.config, 'utf8').replaceAll(String(server.port), '1').replaceAll(`port = ${server.metricsPort}`, 'port = 0'));
  await assert.rejects(server.cli('serve', '--config', other), ({ code, stderr }) => code !== 0 && oneLine.test(stderr.trim()));
});

/** Has the server read `text` as its configuration: what it logs about that. */
async function reload(server, text) {
  const before = server.log().length;
  writeFileSync(server.config, text);
  server.process.kill('SIGHUP');
  await until('the reload is logged', () => /\breload(ed|_refused)\b/.test(server.log().slice(before)));
  return server.log().slice(before);
}

test('a bad file at reload leaves the old configuration whole; a good one takes effect', async (t) => {
  const { server, credentials } = await startDemo(t);
  const old = readFileSync(server.config, 'utf8');
  const body = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  const ask = async () => (await server.postJson('/elsewhere/token', body)).status;
  const more = '\n[[mount]]\ndialect = "finlex"\nrealm = "finlex"\nbase = "/elsewhere"\n';
  assert.equal(await ask(), 404);
  for (const bad of ['\nnonsense = [', '\n[[mount]]\ndialect = "finlax"\n']) {
    assert.match(await reload(server, old + more + bad), /reload_refused/);
    assert.equal(await ask(), 404);
    assert.equal((await server.postJson('/token', body)).status, 200);
  }
  const log = await reload(server, `${old}${more}\n[log]\nformat = "text"\n`);
  assert.match(log, /info reloaded file=/, 'the log is text from now on');
  assert.doesNotMatch(log, /reload_needs_restart/);
  assert.equal(await ask(), 200);
  await reload(server, old);
  assert.equal(await ask(), 404);
});

test('a reload says which settings need a restart', async (t) => {
  const { server } = await startDemo(t);
  const old = readFileSync(server.config, 'utf8');
  const changed = old
    .replace(/^base_url = .*$/m, 'base_url = "http://localhost:1"\nstore_url = "postgresql://nowhere/db"\nmaster_key_file = "other.key"')
    .replace(/^trusted_proxies/m, 'threads = 3\npool_threads = 7\ntrusted_proxies')
    .replace('data_dir = "data"', 'data_dir = "elsewhere"')
    .replace('[[listen]]', `[[listen]]\nport = ${await freePort()}\n\n[[listen]]`)
    .replace(`port = ${server.metricsPort}`, 'port = 0')
    .replace('passes = 1', 'passes = 2');
  const log = await reload(server, `${changed}\n[audit]\nfile = "other.jsonl"\nkeep_days = 7\n`);
  const warning = log.split('\n').find((line) => line.includes('reload_needs_restart'));
  assert.deepEqual(JSON.parse(warning).settings.split(', '),
    ['data_dir', 'store_url', 'base_url', 'threads', 'pool_threads', 'master_key_file', 'listen', 'metrics', 'audit.file', 'password']);
  assert.equal((await server.fetch('/readyz')).status, 200);
  assert.doesNotMatch(await reload(server, old), /reload_needs_restart/);
});

test('a reload says that the audit file could not be opened anew', async (t) => {
  const server = await startTessera(t, { started: false });
  const folder = join(server.dir, 'audit');
  mkdirSync(folder);
  const text = `${readFileSync(server.config, 'utf8')}\n[audit]\nfile = "audit/audit.jsonl"\n`;
  writeFileSync(server.config, text);
  await server.start();
  renameSync(folder, join(server.dir, 'moved'));
  assert.match(await reload(server, text), /audit_not_reopened.*audit\/audit\.jsonl: No such file/);
});

test('a file that nests without end is refused by a server that runs on', async (t) => {
  const { server } = await startDemo(t);
  const good = readFileSync(server.config, 'utf8');
  const deep = 'a.'.repeat(200_000);
  const file = join(server.dir, 'deep.toml');
  for (const text of [`${deep}b = 1\n`, `[${deep}b]\n`]) {
    writeFileSync(file, text);
    await assert.rejects(server.cli('apply', file), ({ code, stderr }) => code === 1 && /deep\.toml:1: .*16 dotted parts/.test(stderr));
  }
  writeFileSync(server.config, `${good}\n${deep}b = 1\n`);
  server.process.kill('SIGHUP');
  await until('the refusal is logged', () => /reload_refused.*16 dotted parts/.test(server.log()));
  writeFileSync(server.config, good);
  assert.equal((await server.fetch('/realms/finlex/oauth2/jwks')).status, 200);
});

test('a folder where a file is expected, and a file that is no UTF-8, are refused in one line', async (t) => {
  const { server } = await startDemo(t);
  const good = readFileSync(server.config, 'utf8');
  const latin1 = join(server.dir, 'latin1.toml');
  writeFileSync(latin1, '[realm]\nname = "finlex" # Gr\u00fc\u00dfe\n', 'latin1');
  const refused = (says, ...words) =>
    assert.rejects(server.cli(...words), ({ code, stderr }) => code === 1 && oneLine.test(stderr.trim()) && says.test(stderr));
  await refused(/data: can't be read \(Is a directory\)/, 'apply', join(server.dir, 'data'));
  await refused(/data: can't be read \(Is a directory\)/, 'realm', 'list', '--config', join(server.dir, 'data'));
  await refused(/latin1\.toml:2: .*UTF-8/, 'apply', latin1);
  rmSync(server.config);
  mkdirSync(server.config);
  server.process.kill('SIGHUP');
  await until('the refusal is logged', () => /reload_refused.*Is a directory/.test(server.log()));
  rmdirSync(server.config);
  writeFileSync(server.config, good);
  assert.equal((await server.fetch('/realms/finlex/oauth2/jwks')).status, 200);
});

test('a pipe where a file is expected is refused, not waited for', async (t) => {
  const server = await startTessera(t, { realms: ['demo/finlex.toml'], settings: 'dialect_dirs = ["dialects"]\n', started: false });
  const folder = join(server.dir, 'dialects');
  mkdirSync(folder);
  await server.start();
  await promisify(execFile)('mkfifo', [join(folder, 'pipe.toml')]);
  server.process.kill('SIGHUP');
  await until('the refusal is logged', () => /reload_refused.*pipe\.toml: is no file/.test(server.log()));
  assert.equal(await server.stop(), 0);
});

test('a mount of a realm that does not exist is warned of at start, and is failed by doctor until the realm is applied', async (t) => {
  const server = await startTessera(t, { realms: ['demo/finlex.toml'], mounts: [{ dialect: 'finlex', realm: 'finlex' }, { dialect: 'flinks', realm: 'flinks' }] });
  await until('the warning is logged', () => server.log().includes('mounted_realm_missing'));
  assert.match(server.log(), /mounted_realm_missing.*server\.toml:\d+.*"flinks"/);
  assert.doesNotMatch(server.log(), /mounted_realm_missing.*"finlex"/);
  await assert.rejects(server.cli('doctor'), ({ code, stdout }) => code === 1 && /^fail .*realm flinks, which does not exist/m.test(stdout));
  await server.apply('demo/flinks.toml');
  assert.doesNotMatch((await server.cli('doctor')).stdout, /does not exist/);
});

test('doctor says what hinders a server or weakens it, and what to do', async (t) => {
  const server = await startTessera(t, { started: false, settings: 'allow_plain_http = true\n' });
  const other = createServer().listen(server.port, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const open = readFileSync(server.config, 'utf8').replace('[metrics]\n', '[metrics]\naddress = "0.0.0.0"\n');
  writeFileSync(server.config, `${open}\n[[listen]]\nport = ${await freePort()}\ntls_certificate = "nowhere.pem"\ntls_key = "nowhere.key"\n`);
  await assert.rejects(server.cli('doctor'), ({ code, stdout }) => {
    assert.equal(code, 1);
    for (const finding of [
      `fail  127\\.0\\.0\\.1:${server.port}: Address already in use; .*choose another port`,
      'fail  .*nowhere\\.pem: No such file or directory; check tls_certificate',
      'warn  allow_plain_http: .*; give the listener TLS',
      'warn  metrics are open on 0\\.0\\.0\\.0:.*; set \\[metrics\\] address',
      '(ok    a|warn  no) time service keeps the clock',
    ])
      assert.match(stdout, new RegExp(`^${finding}`, 'm'));
    return true;
  });
});

test('a stop answers what was sent before it and ends with 0', async (t) => {
  const { server, credentials } = await startDemo(t);
  const body = JSON.stringify({ app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET });
  const text = `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const open = Array.from({ length: 20 }, () => new Connection(server.port));
  for (const connection of open) await connection.opened;
  await until('the server has them all', async () => (await openConnections(server)) >= open.length);
  server.process.kill('SIGSTOP');  // so that it reads nothing until the signal to stop is there too
  const late = Array.from({ length: 20 }, () => new Connection(server.port));
  for (const connection of [...open, ...late]) {
    await connection.opened;
    await connection.send(text);
  }
  server.process.kill('SIGTERM');
  server.process.kill('SIGCONT');
  for (const connection of [...open, ...late]) {
    assert.match(await connection.ended, /^HTTP\/1\.1 (200|503) /);
  }
  assert.equal((await server.exited)[0], 0);
});

test('a stop under load resets nobody: each connection is answered or refused', async (t) => {
  const { server } = await startDemo(t);
  const text = 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const faults = [];
  let stopped = false;
  const client = async () => {
    while (!stopped) {
      const connection = new Connection(server.port);
      if (!(await connection.opened)) break;
      await connection.send(text);
      const answer = await connection.ended;
      if (!/^HTTP\/1\.1 (200|503) /.test(answer)) faults.push(answer);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  setTimeout(() => server.process.kill('SIGTERM'), 300);
  assert.equal((await server.exited)[0], 0);
  stopped = true;
  await Promise.all(clients);
  assert.deepEqual(faults, []);
});

test('the command line works on a running and on a stopped server, and both see the same', async (t) => {
  const { server, credentials } = await startDemo(t);
  const list = () => server.json('secret', 'list', 'finlex', credentials.FINLEX_APP_ID);
  const running = await list();
  await server.stop();
  const ids = (secrets) => secrets.map(({ id }) => id);
  assert.deepEqual(ids(await list()), ids(running));
});

test('applying the same files again changes nothing; an unknown key is refused with a suggestion', async (t) => {
  const { server } = await startDemo(t);
  const plan = JSON.parse((await server.cli('apply', '--json', '--dry-run', join(root, 'demo/finlex.toml'))).stdout);
  assert.deepEqual(plan.realms.flatMap(({ lines }) => lines), []);
  const wrong = join(server.dir, 'wrong.toml');
  writeFileSync(wrong, '[realm]\nname = "finlex"\nsinging_alg = "ES256"\n');
  await assert.rejects(server.cli('apply', wrong), ({ code, stderr }) => code !== 0 && /wrong\.toml:3: .*signing_alg/.test(stderr));
});

test('token inspect says what a token holds, whether it lives, and if not, why', async (t) => {
  const { server, credentials } = await startDemo(t);
  const body = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  const { access_token } = await (await server.postJson('/token', body)).json();
  assert.equal((await server.json('token', 'inspect', access_token)).lives, true);
  await server.fetch('/token-revoke', { method: 'POST', headers: { Authorization: `Bearer ${access_token}` } });
  const dead = await server.json('token', 'inspect', access_token);
  assert.deepEqual([dead.lives, dead.reason], [false, 'token_revoked']);
});

const auditOf = (server) =>
  readFileSync(join(server.dir, 'data/audit.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('metrics, log and audit file tell of issues and refusals, by reason, and a crash does not take it back', async (t) => {
  const { server, credentials } = await startDemo(t);
  await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET });
  const refused = await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: 'wrong' });
  const asked = await server.postForm('/realms/finlex/oauth2/introspect', { client_id: credentials.FINLEX_APP_ID, client_secret: 'wrong', token: 'x' });
  const metrics = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
  assert.match(metrics, /tessera_requests_total\{[^}]*outcome="ok"[^}]*\} [1-9]/);
  assert.match(metrics, /tessera_requests_total\{[^}]*outcome="client_secret_wrong"[^}]*\} 1/);
  assert.match(metrics, /tessera_store_queue_depth \d/);
  const told = [refused, asked].map((answer) => answer.headers.get('x-request-id'));
  const audited = () => auditOf(server).filter(({ request_id, client_id, reason }) =>
    told.includes(request_id) && client_id === credentials.FINLEX_APP_ID && reason === 'client_secret_wrong');
  await until('the refusals are in the audit file of a server that runs', () => audited().length === 2);
  await server.kill();
  assert.deepEqual(audited().map(({ endpoint }) => endpoint), ['token', 'introspect']);
  for (const id of told) {
    const line = server.log().split('\n').find((text) => text.includes(id));
    assert.ok(line.includes(credentials.FINLEX_APP_ID) && line.includes('client_secret_wrong'), line);
  }
});

test('the audit file says which user an issue or a refusal is about, and never a made-up name', async (t) => {
  const { server, credentials } = await startDemo(t);
  const path = '/realms/customer/protocol/openid-connect/token';
  const ask = async (form) => (await server.postForm(path, { client_id: 'demobank-cli', ...form })).json();
  const login = { grant_type: 'password', username: credentials.FINAPI_USERNAME, password: credentials.FINAPI_PASSWORD };
  const { access_token, refresh_token } = await ask(login);
  const { sub } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url'));
  const next = await ask({ grant_type: 'refresh_token', refresh_token });
  assert.ok(next.access_token);
  await ask({ ...login, password: 'wrong' });
  await ask({ ...login, scope: 'made-up' });
  await ask({ ...login, username: 'hunter2-MyRealPassword' });
  await server.postForm('/realms/customer/protocol/openid-connect/logout', { client_id: 'demobank-cli', refresh_token: next.refresh_token });
  await ask({ grant_type: 'refresh_token', refresh_token: next.refresh_token });
  await server.postJson('/token', { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET });
  await server.stop();
  const told = auditOf(server).filter(({ endpoint }) => endpoint === 'token').map((event) => [event.reason, event.sub]);
  assert.deepEqual(told, [
    ['issued', sub],
    ['issued', sub],
    ['user_password_wrong', sub],
    ['scope_invalid', sub],
    ['user_unknown', ''],
    ['session_ended', sub],
    ['issued', credentials.FINLEX_APP_ID],
  ]);
});

test('the data folder and the master key are for the owner alone', async (t) => {
  const { server } = await startDemo(t);
  assert.equal(statSync(join(server.dir, 'data')).mode & 0o777, 0o700);
  assert.equal(statSync(join(server.dir, 'data/master.key')).mode & 0o777, 0o600);
  assert.equal(statSync(join(server.dir, 'data/admin.sock')).mode & 0o777, 0o600);
  for (const name of ['tessera.db', 'tessera.db-wal', 'tessera.db-shm']) assert.equal(statSync(join(server.dir, 'data', name)).mode & 0o777, 0o600, name);
});

test('a data folder that others may write to is refused', async (t) => {
  const { server } = await startDemo(t);
  await server.stop();
  chmodSync(join(server.dir, 'data'), 0o777);
  await assert.rejects(server.cli('serve'), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr.trim(), oneLine);
    assert.match(stderr, /chmod 700/);
    return true;
  });
});

/** A certificate for `name` and its key in `dir`: the two settings of a listener that name them. */
async function certificate(dir, name) {
  const [key, chain] = [join(dir, `${name}-key.pem`), join(dir, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', chain]);
  return `tls_certificate = "${chain}"\ntls_key = "${key}"\n`;
}

test('a reload takes certificates from other files, and from a bad file nothing', async (t) => {
  const server = await startTessera(t, { started: false });
  const dir = scratch(t);
  const [first, second] = [await certificate(dir, 'first'), await certificate(dir, 'second')];
  const port = await freePort();
  const old = readFileSync(server.config, 'utf8').replace('[metrics]', `[[listen]]\nport = ${port}\n${first}\n[metrics]`);
  const changed = (files) => old.replace(first, files).replace('address_per_minute = 1000000', 'address_per_minute = 1');
  writeFileSync(server.config, old);
  await server.start();
  const shown = () =>
    new Promise((done, failed) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => (done(socket.getPeerCertificate().subject.CN), socket.end()));
      socket.on('error', failed);
    });
  assert.equal(await shown(), 'first');
  const twice = async () => (await server.postJson('/token', {}), (await server.postJson('/token', {})).status);
  assert.match(await reload(server, changed(second.replace('second-key', 'first-key'))), /reload_refused.*first-key/);
  assert.equal(await shown(), 'first');
  assert.notEqual(await twice(), 429, 'nothing else of that file counts either');
  assert.doesNotMatch(await reload(server, changed(second)), /reload_needs_restart/);
  assert.equal(await shown(), 'second');
  assert.equal(await twice(), 429);
});

test('TLS 1.3 and 1.2, nothing older', async (t) => {
  const server = await startTessera(t, { started: false });
  const port = await freePort();
  const listen = `[[listen]]\nport = ${port}\n${await certificate(scratch(t), 'localhost')}\n[metrics]`;
  writeFileSync(server.config, readFileSync(server.config, 'utf8').replace('[metrics]', listen));
  await server.apply('demo/finlex.toml');
  await server.start();
  const ask = (version) =>
    new Promise((done) => {
      const options = { port, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false, minVersion: version, maxVersion: version };
      request(options, (response) => (response.resume(), done(response.statusCode))).on('error', () => done('refused')).end();
    });
  assert.equal(await ask('TLSv1.3'), 200);
  assert.equal(await ask('TLSv1.2'), 200);
  assert.equal(await ask('TLSv1.1'), 'refused');
});

test('a TLS certificate that is missing is told as that', async (t) => {
  const server = await startTessera(t, { started: false });
  writeFileSync(server.config, `${readFileSync(server.config, 'utf8')}\n[[listen]]\nport = 1\ntls_certificate = "no.pem"\ntls_key = "no.key"\n`);
  await assert.rejects(server.cli('serve'), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /^tessera: [^\n]*server\.toml:\d+: tls_certificate [^\n]*no\.pem can't be read \(No such file or directory\); [^\n]+\n$/);
    return true;
  });
});

test('an address that asks too often is told when to come back', async (t) => {
  const { server, credentials } = await startDemo(t, { tables: '[throttle]\naddress_per_minute = 20\n' });
  const body = { app_id: credentials.FINLEX_APP_ID, secret: credentials.FINLEX_SECRET };
  const answers = [];
  for (let count = 0; count < 40; ++count) answers.push(await server.postJson('/token', body));
  const throttled = answers.find(({ status }) => status === 429);
  assert.ok(throttled, 'one of 40 requests was throttled');
  assert.match(throttled.headers.get('retry-after'), /^[1-9]\d*$/);
  assert.equal((await server.fetch('/realms/finlex/oauth2/verify')).status, 401, 'forward authentication is never throttled');
});

test('a user with too many wrong passwords is answered as for a wrong password, also with the right one', async (t) => {
  const { server, credentials } = await startDemo(t, { tables: '[throttle]\nfailures_before_backoff = 3\n[password]\npasses = 1\nmemory_kib = 7168\n' });
  const path = '/realms/customer/protocol/openid-connect/token';
  const login = async (password) => {
    const form = { client_id: 'demobank-cli', grant_type: 'password', username: credentials.FINAPI_USERNAME, password };
    const response = await server.postForm(path, form);
    return { status: response.status, text: await response.text() };
  };
  const wrong = await login('wrong');
  for (let count = 0; count < 8; ++count) await login('wrong');
  assert.deepEqual(await login(credentials.FINAPI_PASSWORD), wrong);
});

test('docs/operate.md takes its reader from an empty folder to a token', async (t) => {
  const docs = readFileSync(join(root, 'docs/operate.md'), 'utf8');
  const server = await startTessera(t, { mounts: [] });
  const realmFile = join(server.dir, 'finlex.toml');
  writeFileSync(realmFile, [...docs.matchAll(/```toml\n(.*?)```/gs)].map(([, block]) => block).find((block) => block.startsWith('[realm]')));
  const [, commands] = /From an empty folder[^`]*`[^`]*`[^`]*`[^`]*`:\n\n```\n(.*?)```/s.exec(docs);
  const shown = {};
  for (const line of commands.split('\n').map((text) => text.replace(/#.*/, '').trim())) {
    if (!line.startsWith('tessera ') || line.startsWith('tessera serve')) continue;
    const words = line.split(/\s+/).slice(1).map((word) => (word === 'finlex.toml' ? realmFile : word));
    Object.assign(shown, await server.json(...words));
  }
  assert.ok(shown.password, 'the user has a password');
  const [, path] = /http:\/\/127\.0\.0\.1:8080(\S+)/.exec(commands);
  const answer = await server.postForm(path, { client_id: 'tender-app', client_secret: shown.secret, grant_type: 'client_credentials' });
  assert.equal(answer.status, 200);
});
