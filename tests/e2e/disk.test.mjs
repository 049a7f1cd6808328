// Case 94: a full disk stops writes, and nothing else.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTessera, until } from './harness.mjs';

const diskMib = 16;

/** A small disk of its own as the data folder; null without the right to mount one. */
function smallDisk(t, server) {
  const dir = mkdtempSync(join(tmpdir(), 'tessera-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMib}m,mode=700`, 'tmpfs', dir]).status === 0;
  if (!mounted) {
    rmSync(dir, { recursive: true });
    return null;
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', dir]);
    rmSync(dir, { recursive: true });
  });
  symlinkSync(dir, join(server.dir, 'data'));
  const filler = join(dir, 'filler');
  return {
    fill() {
      for (const size of [65_536, 1]) {
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(size));
        } catch (error) {
          assert.equal(error.code, 'ENOSPC');
        }
      }
    },
    free: () => rmSync(filler),
  };
}

/** Without the right to mount: no file may grow, which to a process that ignores the signal looks much the same. */
function forbiddenGrowth(server) {
  const limit = (bytes) => execFileSync('prlimit', [`--pid=${server.process.pid}`, `--fsize=${bytes}:unlimited`]);
  return { fill: () => limit(0), free: () => limit('unlimited') };
}

for (const [name, launcher, makeDisk] of [
  ['disk', [], smallDisk],
  ['limit', ['env', '--ignore-signal=XFSZ'], (t, server) => forbiddenGrowth(server)],
]) {
  test(`a full ${name}: writes are 503, reads go on, and it recovers by itself (94)`, async (t) => {
    const server = await startTessera(t, { started: false, launcher });
    const disk = makeDisk(t, server);
    if (!disk) return t.skip('mounting takes more rights');
    await server.apply('demo/finlex.toml', 'demo/customer.toml');
    const secret = await server.newSecret('finlex', 'tender-app');
    const password = await server.newUser('customer', 'ada');
    await server.start();

    const issue = () => server.postJson('/token', { app_id: 'tender-app', secret });
    const revoke = async (token) =>
      (await server.fetch('/token-revoke', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })).status;
    const verdict = async (token) =>
      (await server.fetch('/realms/finlex/oauth2/verify', { headers: { Authorization: `Bearer ${token}` } })).status;
    const login = async () => {
      const form = { client_id: 'demobank-cli', grant_type: 'password', username: 'ada', password };
      return (await server.postForm('/realms/customer/protocol/openid-connect/token', form)).status;
    };
    const newToken = async () => (await (await issue()).json()).access_token;
    const [kept, revoked] = [await newToken(), await newToken()];
    assert.equal(await login(), 200);

    disk.fill();
    // What the database had set aside before is still written to.
    await until('a write is refused', async () => (await login()) === 503);
    for (let i = 0; i < 3; ++i) {
      assert.equal(await login(), 503);
      assert.equal(await revoke(revoked), 503);
      assert.equal((await issue()).status, 200, 'minting writes nothing');
    }
    assert.deepEqual([await verdict(kept), await verdict(revoked)], [200, 200], 'what was refused did not happen');
    assert.equal((await server.fetch('/realms/finlex/oauth2/jwks')).status, 200);
    assert.equal((await server.fetch('/readyz')).status, 200);
    await assert.rejects(server.cli('client', 'disable', 'finlex', 'tender-app'), ({ stderr }) => stderr.startsWith('tessera: '));
    assert.equal((await issue()).status, 200, 'nor was the client disabled');

    disk.free();
    await until('it recovers', async () => (await login()) === 200);
    assert.equal(await revoke(revoked), 204);
    assert.deepEqual([await verdict(kept), await verdict(revoked)], [200, 401]);
    await server.kill();
    await server.start();
    assert.deepEqual([await verdict(kept), await verdict(revoked), await login()], [200, 401, 200]);
  });
}
