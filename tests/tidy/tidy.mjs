// Checks of form that neither the compiler nor clang-format makes: tiers, lengths, words that must not stay.
//
//   node tests/tidy/tidy.mjs [ROOT]
//
// Prints one line "file:line: what is wrong" for each finding; exits 1 when there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 140;

/** Reads the tessera_part lines: part -> the set of parts that it may include. */
export function readParts(cmake) {
  const parts = new Map();
  for (const [, body] of cmake.matchAll(/^tessera_part\(([^)]*)\)/gm)) {
    const words = body.split(/\s+/).filter(Boolean);
    const allowed = new Set([words[0]]);
    const begin = words.indexOf('PARTS');
    if (begin >= 0)
      for (const word of words.slice(begin + 1)) {
        if (word === 'LIBS') break;
        allowed.add(word);
      }
    parts.set(words[0], allowed);
  }
  return parts;
}

/** A part includes only what stands behind its name in CMakeLists.txt. */
export function checkTiers(path, lines, parts) {
  const part = /^src\/([^/]+)\//.exec(path)?.[1];
  if (!part) return [];
  const allowed = parts.get(part);
  if (!allowed) return [{ line: 1, text: `src/${part} is no tessera_part of CMakeLists.txt` }];
  const findings = [];
  lines.forEach((text, index) => {
    const included = /^#include "([^/"]+)\//.exec(text)?.[1];
    if (included && parts.has(included) && !allowed.has(included))
      findings.push({ line: index + 1, text: `${part} may not include ${included}: not among its parts in CMakeLists.txt` });
  });
  return findings;
}

/**
 * Functions longer than the limit. It leans on clang-format: a body opens with a line that ends in "{" and closes
 * with a "}" at the indent of its first line.
 */
export function checkFunctionLengths(lines) {
  const findings = [];
  for (let index = 0; index < lines.length; ++index) {
    const head = /^( {0,2})(?!namespace|class|struct|enum|union|extern|template|using|#|\}|\/\/| )\S.*$/.exec(lines[index]);
    if (!head || !/[(]/.test(lines[index])) continue;
    let open = index;
    while (open < lines.length && !/[{;]\s*$/.test(lines[open]) && open - index < 12) ++open;
    if (!/\{\s*$/.test(lines[open] ?? '') || /=\s*\{\s*$/.test(lines[open])) continue;
    const close = lines.findIndex((text, at) => at > open && text.startsWith(`${head[1]}}`));
    if (close < 0) continue;
    const length = close - index + 1;
    if (length > FUNCTION_LINES_MAX)
      findings.push({ line: index + 1, text: `a function of ${length} lines; at most ${FUNCTION_LINES_MAX}` });
    index = close;
  }
  return findings;
}

const WORDS = [
  [new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`), 'finish it, or open an issue'],
  [new RegExp(`(^|["'\\s=(])/(${['root', 'home/[a-z]', 'wo' + 'rk'].join('|')})/`), 'a path of one machine'],
  [/"resolved":\s*"http/, 'a registry host in a lockfile: omit-lockfile-registry-resolved'],
];

export function checkWords(lines) {
  const findings = [];
  lines.forEach((text, index) => {
    for (const [word, why] of WORDS)
      if (word.test(text)) findings.push({ line: index + 1, text: `"${word.exec(text)[0].trim()}": ${why}` });
  });
  return findings;
}

function checkLines(lines) {
  const findings = [];
  if (lines.length > FILE_LINES_MAX) findings.push({ line: 1, text: `${lines.length} lines; at most ${FILE_LINES_MAX}` });
  lines.forEach((text, index) => {
    if ([...text].length > LINE_COLUMNS_MAX) findings.push({ line: index + 1, text: `longer than ${LINE_COLUMNS_MAX} columns` });
  });
  return findings;
}

function checkHeader(path, lines) {
  if (!path.endsWith('.h') || lines.some((text) => text === '#pragma once')) return [];
  return [{ line: 1, text: 'no #pragma once' }];
}

function checkFile(path, content, parts) {
  const lines = content.replace(/\n$/, '').split('\n');
  const findings = checkWords(lines);
  if (/\.(cc|h)$/.test(path)) {
    findings.push(...checkTiers(path, lines, parts), ...checkLines(lines), ...checkFunctionLengths(lines), ...checkHeader(path, lines));
  }
  return findings;
}

function main() {
  const root = resolve(process.argv[2] ?? '.');
  const parts = readParts(readFileSync(join(root, 'CMakeLists.txt'), 'utf8'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const text = /\.(cc|h|def|cmake|txt|md|mjs|js|json|toml|sql|conf|lua)$|^script\/|^\.ci\//;
  let count = 0;
  for (const path of listed.split('\0').filter((name) => text.test(name) && !name.startsWith('tests/fuzz/corpus/'))) {
    for (const { line, text: what } of checkFile(path, readFileSync(join(root, path), 'utf8'), parts)) {
      console.log(`${path}:${line}: ${what}`);
      ++count;
    }
  }
  process.exitCode = count ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
