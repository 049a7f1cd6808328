// The master key rotates as docs/operate.md says: nothing of what it seals is lost with it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary, root, startDemo } from './harness.mjs';

const importedSecret = 'what the old system gave';
const realms = ['finlex', 'customer', 'flinks'];
const finapiToken = '/realms/customer/protocol/openid-connect/token';
const flinksToken = '/realms/flinks/oauth2/token';

/** The documented commands, as the parts between one restart and the next. */
function documentedParts() {
  const docs = readFileSync(join(root, 'docs/operate.md'), 'utf8');
  const [, block] = /### Rotate the master key\n.*?```\n(.*?)```/s.exec(docs);
  assert.match(block, /^cd var .*\n/, 'it begins in the data folder');
  const parts = block.replace(/^cd var .*\n/, '').split(/^# restart the server.*\n/m);
  assert.equal(parts.length, 3);
  return parts;
}

/** What they print, run in the server's data folder. */
async function run(server, commands) {
  const env = { ...process.env, TESSERA_CONFIG: server.config, PATH: `${dirname(binary)}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], { cwd: join(server.dir, 'data'), env });
  return stdout;
}

async function restart(server) {
  assert.equal(await server.stop(), 0);
  await server.start();
}

/** What clients hold from before the rotation, and whether it still holds. */
class Holders {
  static async of(server, credentials) {
    const holders = new Holders();
    Object.assign(holders, { server, credentials });
    await server.apply('demo/flinks.toml', 'tests/e2e/realms/flinks-more.toml');
    await server.cliWithInput(importedSecret, 'secret', 'import', 'finlex', 'tender-app', '--stdin');
    holders.token = (await (await holders.finlex(credentials.FINLEX_SECRET)).json()).access_token;
    const { FINAPI_USERNAME: username, FINAPI_PASSWORD: password } = credentials;
    holders.signIn = { client_id: 'demobank-cli', grant_type: 'password', username, password };
    holders.flinks = { client_id: 'dc-connected', client_secret: await server.newSecret('flinks', 'dc-connected') };
    const holder = { grant_type: 'password', username: 'holder', password: await server.newUser('flinks', 'holder') };
    const refreshTokenOf = async (answer) => (await answer.json()).refresh_token;
    holders.finapiRefresh = await refreshTokenOf(await server.postForm(finapiToken, holders.signIn));
    holders.flinksRefresh = await refreshTokenOf(await server.postForm(flinksToken, { ...holders.flinks, ...holder }));
    assert.ok(holders.token && holders.finapiRefresh && holders.flinksRefresh);
    holders.keys = await holders.listKeys();
    return holders;
  }

  finlex(secret) {
    return this.server.postJson('/token', { app_id: this.credentials.FINLEX_APP_ID, secret });
  }

  async listKeys() {
    const listed = await Promise.all(realms.map((realm) => this.server.json('key', 'list', realm)));
    const served = await Promise.all(realms.map(async (realm) => (await this.server.fetch(`/realms/${realm}/oauth2/jwks`)).json()));
    return { listed, served };
  }

  async loseNothing(when) {
    const { server } = this;
    for (const secret of [importedSecret, this.credentials.FINLEX_SECRET]) assert.equal((await this.finlex(secret)).status, 200, when);
    assert.equal((await this.finlex('another')).status, 401, when);
    const verify = await server.fetch('/realms/finlex/oauth2/verify', { headers: { Authorization: `Bearer ${this.token}` } });
    assert.equal(verify.status, 200, when);
    assert.equal((await server.postForm(finapiToken, this.signIn)).status, 200, when);
    const refresh = (refresh_token) => ({ grant_type: 'refresh_token', refresh_token });
    const finapi = await server.postForm(finapiToken, { client_id: 'demobank-cli', ...refresh(this.finapiRefresh) });
    assert.equal(finapi.status, 200, when);
    this.finapiRefresh = (await finapi.json()).refresh_token;
    const flinks = await server.postForm(flinksToken, { ...this.flinks, ...refresh(this.flinksRefresh) });
    assert.equal(flinks.status, 200, when);
    assert.deepEqual(await this.listKeys(), this.keys, `${when}: the keys are those that were, and no others show`);
  }
}

test('the master key rotates as documented: secrets, tokens and refresh families live on, and the old key is gone', async (t) => {
  const { server, credentials } = await startDemo(t);
  const file = join(server.dir, 'data/master.key');
  const oldKey = readFileSync(file, 'utf8');
  const holders = await Holders.of(server, credentials);
  const [putNewKey, reseal, finish] = documentedParts();

  await run(server, putNewKey);
  assert.ok(readFileSync(file, 'utf8').endsWith(`\n${oldKey}`), 'the new key stands before the old one');
  await assert.rejects(server.cli('key', 'reseal'), ({ code, stderr }) => code === 1 && /restart the server first/.test(stderr));
  assert.match((await server.cli('doctor')).stdout, /^warn .*restart the server first/m);
  await restart(server);
  await holders.loseNothing('with both keys');
  assert.match((await server.cli('doctor')).stdout, /^warn +12 of 12 sealed values need a master key that is not the first/m);

  const said = await run(server, reseal);
  assert.match(said, /^resealed +12\nvalues +12\nnext +all are sealed under the first master key: remove the others/);
  assert.equal((await server.json('key', 'reseal')).resealed, 0, 'once is enough');
  assert.ok(!readFileSync(file, 'utf8').includes(oldKey), 'the old key is gone');
  await holders.loseNothing('resealed');
  await restart(server);
  await holders.loseNothing('without the old key');
  assert.match(await run(server, finish), /^ok +all 12 sealed values are under the master key/m);
});

test('an old master key that went too early is asked for, and no restore is', async (t) => {
  const { server, credentials } = await startDemo(t);
  const file = join(server.dir, 'data/master.key');
  const holders = await Holders.of(server, credentials);
  const [putNewKey] = documentedParts();
  await run(server, putNewKey);
  const both = readFileSync(file, 'utf8');
  writeFileSync(file, `${both.split('\n')[0]}\n`);
  await server.stop();
  const says = /^tessera: .*put the key back from its backup[^\n]*\n$/;
  for (const words of [['serve'], ['restore', '--accept', '--anyway']])
    await assert.rejects(server.cli(...words), ({ code, stderr }) => code === 1 && says.test(stderr), words.join(' '));
  assert.match((await server.cli('restore')).stdout, /^no restore is needed/);
  await assert.rejects(server.cli('restore', '--accept'), ({ stderr }) => /nothing was done: no restore is needed/.test(stderr));
  writeFileSync(file, both);
  await server.start();
  await holders.loseNothing('with the key put back');
});
