// Golden transcripts: what each system's client sends, and the answer that it must get, field by field and in order.
//
// A transcript is a list of cases {name, request, expect, keep, tessera}, or {cases, claims: {ours, theirs, either}}: there, of the claims in
// tokens Tessera's may have some more (`ours`), lack some (`theirs`), and have another value for some (`either`):
//   request  {method = "POST", path, headers, form: [[name, value]...] | json | body}
//            with `browser`: what a browser of that name does, which keeps cookies: {browser, path} asks for a page (GET),
//            {browser, submit, fields} posts the form of the page that it has: "login", "consent", "logout"
//   expect   {status, headers: {name: value or null for absent}, body}     body: JSON, or null for an empty one
//            {status, page: true}                                          a page for a person, and no redirect
//            {status, location: {uri, query | fragment}}                   back to the client, with these parameters
//   keep     {variable: "body.member" or "location.query.member"}
//   tessera  {why, expect}: where the system that the transcript was taken from answers otherwise than Tessera does, and shall
//   times    so many such requests after one another, with the same answer
// or {name, event, keep}: what happens between two requests, one of
//   {command: [word...]}   the operator runs `tessera`, which has to succeed; what it says, as JSON, is the "body" to keep from
//   {later_s: 60}, {disk: "full" | "free"}   where the test brings events.mjs
// In requests and commands, "${name}" stands for a variable. In expectations a string may be a pattern:
//   <jwt>  <opaque>  <uuid>  <text>  <int A..B>      "=name" before ">" keeps the value as a variable: "<jwt=access>"
//   "${name}" inside a string is replaced first.
//   <words a b>    these words, in any order
// An expected {"<jwt>": {header, claims}} is a JWT that says so, in that order; {"<set>": [...]} or {"<set>": {...}} leaves the order open.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { claimsOf, headerOf } from './harness.mjs';

/** Under which `variables` have the claims that may differ. */
export const allowed = Symbol('claims that may differ');

const shapes = {
  jwt: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
  opaque: /^[\w.~+/:-]{20,}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  text: /^.+$/,
};

const fill = (value, variables) => {
  if (typeof value === 'string') {
    const valueOf = (_, name) => {
      assert.ok(name in variables, `the transcript uses \${${name}}, which nothing set`);
      return variables[name];
    };
    const alone = /^\$\{(\w+)\}$/.exec(value); // a number stays one
    return alone ? valueOf(...alone) : value.replace(/\$\{(\w+)\}/g, valueOf);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]));
  return value;
};

/** What has no order, in one. */
const inOrder = (value) =>
  Array.isArray(value) ? [...value].sort() : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

function matchToken(actual, expected, path, variables) {
  const { ours = [], theirs = [], either = [] } = variables[allowed] ?? {};
  const without = (claims, others, optional) => Object.entries(claims).filter(([name]) => name in others || !optional.includes(name));
  const claims = Object.fromEntries(without(actual.claims, expected.claims, ours));
  const wanted = without(expected.claims, actual.claims, theirs).map(([name, value]) => [name, either.includes(name) ? '<text>' : value]);
  matchValue({ header: actual.header, claims }, { header: expected.header, claims: Object.fromEntries(wanted) }, path, variables);
}

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
  const words = typeof expected === 'string' && /^<words (.*)>$/.exec(expected);
  if (words) {
    assert.deepEqual(String(actual).split(' ').sort(), words[1].split(' ').sort(), path);
    return;
  }
  if (Array.isArray(expected)) {
    assert.equal(actual?.length, expected.length, `${path}: how many`);
    expected.forEach((item, i) => matchValue(actual[i], item, `${path}[${i}]`, variables));
    return;
  }
  if (expected && typeof expected === 'object') {
    if (expected['<set>']) {
      matchValue(inOrder(actual), inOrder(expected['<set>']), path, variables);
      return;
    }
    if (expected['<jwt>']) {
      assert.match(String(actual), shapes.jwt, `${path}: no JWT`);
      matchToken({ header: headerOf(actual), claims: claimsOf(actual) }, expected['<jwt>'], path, variables);
      return;
    }
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

/** What a button of our pages says, by what a person does. */
const buttons = { login: ['login', { action: 'login' }], consent: ['consent', { action: 'allow' }], deny: ['consent', { action: 'deny' }], logout: ['logout', { action: 'logout' }] };

/** Tessera as it is visited: pages have forms by id. `browsers` keeps the window of each name. */
export async function visit(server, request, variables, browsers) {
  const { browser: name, path, submit, fields = {}, headers } = fill(request, variables);
  browsers[name] ??= { browser: new Browser(), page: null };
  const window = browsers[name];
  const [form, button] = buttons[submit] ?? [];
  const answer = form
    ? await window.browser.submit(window.page, form, { ...button, ...fields })
    : await window.browser.fetch(new URL(server.url + path), { headers });
  window.page = answer;
  return { response: answer, text: answer.html };
}

/** Where a redirect leads, as a transcript says it. */
export function locationOf(response) {
  const text = response.headers.get('location');
  if (text === null) return null;
  const [, uri, before, rest] = /^([^?#]*)([?#]?)(.*)$/.exec(text);
  return before ? { uri, [before === '#' ? 'fragment' : 'query']: Object.fromEntries(new URLSearchParams(rest)) } : { uri };
}

const find = (path, answer) => path.split('.').reduce((value, key) => value?.[key], answer);

export function keepWhat(keep, answer, variables) {
  for (const [name, path] of Object.entries(keep ?? {})) variables[name] = find(path, answer);
}

/** Holds an answer against what is expected of it. */
export function matchAnswer({ response, text }, expected, variables) {
  assert.equal(response.status, expected.status, `status; the body was ${text}`);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    if (value === null) assert.equal(response.headers.get(name), null, name);
    else matchValue(response.headers.get(name), value, name, variables);
  }
  const location = locationOf(response);
  if (expected.location) matchValue(location, expected.location, 'location', variables);
  if (expected.page) {
    assert.equal(location, null);
    assert.match(response.headers.get('content-type'), /^text\/html; ?charset=utf-8$/i);
    return;
  }
  if (expected.body === null) assert.equal(text, '');
  else if (expected.body !== undefined) matchValue(JSON.parse(text), expected.body, 'body', variables);
}

async function ask({ request, expect, keep, tessera }, server, variables, browsers) {
  const { response, text } = request.browser ? await visit(server, request, variables, browsers) : await exchange(server, request, variables);
  matchAnswer({ response, text }, { ...expect, ...tessera?.expect }, variables);
  keepWhat(keep, { body: text.startsWith('{') ? JSON.parse(text) : null, location: locationOf(response) }, variables);
}

async function happen({ event, keep }, server, variables, events) {
  const [[name, value]] = Object.entries(fill(event, variables));
  const body = name === 'command' ? await server.json(...value) : await events[name](value);
  keepWhat(keep, { body }, variables);
}

/** The cases of a file: a list, or with what they need to know beside it. */
export function readTranscript(name) {
  const read = JSON.parse(readFileSync(new URL(`transcripts/${name}.json`, import.meta.url), 'utf8'));
  return Array.isArray(read) ? { cases: read } : read;
}

/** Plays a file's cases in order against one server; `variables` go in, and what the cases keep comes out. `events`: those it may name. */
export async function playTranscript(t, name, server, variables, events = {}) {
  const browsers = {};
  const { cases, claims } = readTranscript(name);
  variables[allowed] = claims;
  const play = async (item) => {
    if (item.event) return happen(item, server, variables, events);
    for (let i = 0; i < (item.times ?? 1); i += 1) await ask(item, server, variables, browsers);
  };
  for (const item of cases) await t.test(item.name, () => play(item));
  return variables;
}

export { test };
