// What befalls a server between two requests of a transcript: time that goes on, and a disk that is full.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { root, scratch } from './harness.mjs';

/**
 * `options` start a server whose time stands still at `now_s` until a transcript lets it go on: no test waits for an hour, or a month, to
 * pass. `eventsOf(server)` are the events that its transcripts may name.
 */
export function prepareEvents(t) {
  const dir = scratch(t);
  const [library, file] = [join(dir, 'clock.so'), join(dir, 'clock')];
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(root, 'tests/e2e/clock.c')]);
  const clock = openSync(file, 'w');
  t.after(() => closeSync(clock));
  let time_s = 0;
  const later_s = (seconds) => writeSync(clock, new BigInt64Array([BigInt((time_s += seconds))]), 0, 8, 0);
  const now_s = Math.floor(Date.now() / 1000);
  later_s(now_s);
  return {
    now_s,
    options: { env: { LD_PRELOAD: library, TESSERA_CLOCK: file }, launcher: ['env', '--ignore-signal=XFSZ'] },
    eventsOf: (server) => ({
      later_s,
      /** "full": no file may grow, which to a process that ignores the signal looks much the same. */
      disk: (state) => execFileSync('prlimit', [`--pid=${server.process.pid}`, `--fsize=${state === 'full' ? '0:' : ''}unlimited`]),
    }),
  };
}
