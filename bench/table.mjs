// The table that script/bench prints.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { say } from './measure.mjs';

const rows = [];
export const us = (value) => `${value.toFixed(1)} us`;

/** One line of the table. `bar` is what must be reached: {most} or {least}. */
export function note(what, value, limit, figure, bar, more = '') {
  const reached = bar.most !== undefined ? figure <= bar.most : figure >= bar.least;
  const wanted = bar.most !== undefined ? `at most ${bar.most}` : `at least ${bar.least}`;
  rows.push([what, value, limit, figure.toFixed(figure < 100 ? 2 : 0), wanted, reached ? 'yes' : 'NO', more]);
  say(`${what}: ${figure.toFixed(2)} (${wanted})${reached ? '' : '  <- not reached'}`);
}

export const rate = ({ per_s, p50_us, p99_us }) => `${Math.round(per_s)}/s, p50 ${p50_us} us, p99 ${p99_us} us`;
export function report() {
  const cpu = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const lines = [
    `Measured on ${cpus().length} cores of ${cpu}.`,
    '',
    '| what | measured | limit or peer | ratio or figure | bar | reached | beside it |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
  console.log(lines.join('\n'));
}
