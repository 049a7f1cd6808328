// The checks of form find what they are there to find.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFunctionLengths, checkTiers, checkWords, readParts } from './tidy.mjs';

const parts = readParts(`
tessera_part(base       LIBS fmt::fmt)
tessera_part(jose       PARTS base LIBS OpenSSL::Crypto)
tessera_part(cli        PARTS base
                              jose
             LIBS toml)
`);

test('parts are read with what they may include', () => {
  assert.deepEqual([...parts.keys()], ['base', 'jose', 'cli']);
  assert.deepEqual([...parts.get('cli')], ['cli', 'base', 'jose']);
});

test('an include of a higher tier is found, one of a lower tier is not', () => {
  const findings = checkTiers('src/base/x.cc', ['#include "base/x.h"', '#include "jose/jwk.h"'], parts);
  assert.deepEqual(findings.map(({ line }) => line), [2]);
  assert.deepEqual(checkTiers('src/cli/x.cc', ['#include "jose/jwk.h"'], parts), []);
});

test('a folder that is no part is found', () => {
  assert.equal(checkTiers('src/extra/x.cc', [], parts).length, 1);
});

test('a function of 71 lines is found, one of 70 is not', () => {
  const body = (count) => ['Result<int> work(int a,', '                 int b) {', ...Array(count - 3).fill('  step();'), '}'];
  assert.equal(checkFunctionLengths(body(70)).length, 0);
  assert.equal(checkFunctionLengths(body(71)).length, 1);
});

test('a long method inside a class is found', () => {
  const method = ['  void run() {', ...Array(80).fill('    step();'), '  }'];
  const findings = checkFunctionLengths(['class A {', ' public:', ...method, '};']);
  assert.deepEqual(findings.map(({ line }) => line), [3]);
});

test('words that must not stay are found', () => {
  assert.equal(checkWords(['// TO' + 'DO: later']).length, 1);
  assert.equal(checkWords(['"/ro' + 'ot/x"']).length, 1);
  assert.equal(checkWords(['a day to do it']).length, 0);
});
