// Golden transcripts: what each system's client sends, and the answer that it must get, field by field and in order.
//
// A transcript is a list of cases {name, request, expect}:
//   request  {method = "POST", path, headers, form: [[name, value]...] | json | body}
//   expect   {status, headers: {name: value or null for absent}, body}     body: JSON, or null for an empty one
// In requests, "${name}" stands for a variable. In expectations a string may be a pattern:
//   <jwt>  <opaque>  <uuid>  <text>  <int A..B>      "=name" before ">" keeps the value as a variable: "<jwt=access>"
//   "${name}" inside a string is replaced first.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const shapes = {
  jwt: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
  opaque: /^[\w.~+/-]{20,}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  text: /^.+$/,
};

const fill = (value, variables) => {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (_, name) => {
      assert.ok(name in variables, `the transcript uses \${${name}}, which nothing set`);
      return variables[name];
    });
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]));
  return value;
};

function matchValue(actual, expected, path, variables) {
  const pattern = typeof expected === 'string' && /^<(\w+)(?: (-?\d+)\.\.(-?\d+))?(?:=(\w+))?>$/.exec(expected);
  if (pattern) {
    const [, shape, low, high, name] = pattern;
    if (shape === 'int') {
      assert.ok(Number.isInteger(actual) && actual >= Number(low) && actual <= Number(high), `${path}: ${actual} is not ${expected}`);
    } else {
      assert.ok(typeof actual === 'string' && shapes[shape].test(actual), `${path}: ${JSON.stringify(actual)} is not ${expected}`);
    }
    if (name) variables[name] = actual;
    return;
  }
  if (Array.isArray(expected)) {
    assert.equal(actual?.length, expected.length, `${path}: how many`);
    expected.forEach((item, i) => matchValue(actual[i], item, `${path}[${i}]`, variables));
    return;
  }
  if (expected && typeof expected === 'object') {
    assert.deepEqual(Object.keys(actual ?? {}), Object.keys(expected), `${path}: fields and their order`);
    for (const key of Object.keys(expected)) matchValue(actual[key], expected[key], `${path}.${key}`, variables);
    return;
  }
  assert.deepEqual(actual, fill(expected, variables), path);
}

export async function exchange(server, request, variables = {}) {
  const { method = 'POST', path, headers = {}, form, json, body } = fill(request, variables);
  const options = { method, headers: { ...headers }, body };
  if (form) options.body = new URLSearchParams(form);
  if (json !== undefined) {
    options.body = JSON.stringify(json);
    options.headers['Content-Type'] ??= 'application/json';
  }
  const response = await server.fetch(path, options);
  return { response, text: await response.text() };
}

async function play({ request, expect }, server, variables) {
  const { response, text } = await exchange(server, request, variables);
  assert.equal(response.status, expect.status, `status; the body was ${text}`);
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    if (value === null) assert.equal(response.headers.get(name), null, name);
    else matchValue(response.headers.get(name), value, name, variables);
  }
  if (expect.body === null) assert.equal(text, '');
  else if (expect.body !== undefined) matchValue(JSON.parse(text), expect.body, 'body', variables);
}

/** Plays a file's cases in order against one server; `variables` go in, and what the cases keep comes out. */
export async function playTranscript(t, name, server, variables) {
  const cases = JSON.parse(readFileSync(new URL(`transcripts/${name}.json`, import.meta.url), 'utf8'));
  for (const item of cases) await t.test(item.name, () => play(item, server, variables));
  return variables;
}

export { test };
