// Holds the Keycloak transcripts against a real Keycloak: what Tessera is tested by has to be what Keycloak says.
//
//   node tests/compare/keycloak.mjs URL TRANSCRIPT...             plays them there; each case that Keycloak answers otherwise is told
//   node tests/compare/keycloak.mjs URL --capture TRANSCRIPT...   writes what it answers into them, as `expect`
//
// URL is a Keycloak that was started in development mode with the realms of tests/e2e/realms/keycloak, and nothing done to it since:
//   cp tests/e2e/realms/keycloak/*.json KEYCLOAK/data/import/ && KEYCLOAK/bin/kc.sh start-dev --import-realm --http-port=18080
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Browser } from '../e2e/browser.mjs';
import { exchange, keepWhat, locationOf, matchAnswer } from '../e2e/transcript.mjs';
import { generalize } from './generalize.mjs';

/** What Keycloak's pages want posted, by what a person does. */
const buttons = { login: {}, consent: { accept: 'Yes' }, deny: { cancel: 'No' }, logout: { confirmLogout: 'Logout' } };

const attribute = (tag, name) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1].replaceAll('&amp;', '&');

/** The form of a page of Keycloak's: where it goes and what it holds hidden. */
function formOf(page) {
  const [, tag, body] = /<form([^>]*method="post"[^>]*)>([\s\S]*?)<\/form>/i.exec(page.html) ?? [];
  assert.ok(tag, `no form in: ${page.html.slice(0, 2000)}`);
  const hidden = [...body.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [attribute(input, 'name'), attribute(input, 'value') ?? '']);
  return { action: new URL(attribute(tag, 'action'), page.url), fields: Object.fromEntries(hidden.filter(([name]) => name)) };
}

class Keycloak {
  browsers = {};
  constructor(url) {
    this.url = url;
  }
  fetch(path, options) {
    return fetch(this.url + path, { redirect: 'manual', ...options });
  }
  async visit({ browser: name, path, submit, fields = {}, headers }) {
    this.browsers[name] ??= { browser: new Browser(), page: null };
    const window = this.browsers[name];
    if (submit) {
      const { action, fields: hidden } = formOf(window.page);
      const body = new URLSearchParams({ ...hidden, ...buttons[submit], ...fields });
      window.page = await window.browser.fetch(action, { method: 'POST', body });
    } else {
      window.page = await window.browser.fetch(new URL(this.url + path), { headers });
    }
    // Keycloak leads from one of its own pages to the next by redirects; what counts is where a person ends up.
    while (window.page.location?.href.startsWith(this.url)) window.page = await window.browser.fetch(window.page.location);
    return { response: window.page, text: window.page.html };
  }
}

const fill = (value, variables) => JSON.parse(JSON.stringify(value).replace(/\$\{(\w+)\}/g, (_, name) => JSON.stringify(variables[name] ?? '').slice(1, -1)));

async function main([url, ...rest]) {
  const capture = rest[0] === '--capture';
  const names = capture ? rest.slice(1) : rest;
  const keycloak = new Keycloak(url);
  let differ = 0;
  for (const name of names) {
    const file = new URL(`../e2e/transcripts/${name}.json`, import.meta.url);
    const { cases, ...known } = JSON.parse(readFileSync(file, 'utf8'));
    const variables = { url, password: known.password };
    for (const item of cases) {
      const request = item.request;
      const { response, text } = request.browser ? await keycloak.visit(fill(request, variables)) : await exchange(keycloak, request, variables);
      if (capture) item.expect = generalize({ response, text }, { url, headers: Object.keys(item.expect?.headers ?? {}) });
      else
        try {
          matchAnswer({ response, text }, item.expect, variables);
        } catch (error) {
          differ += 1;
          console.log(`${name}: ${item.name}: ${error.message}`);
        }
      keepWhat(item.keep, { body: text.startsWith('{') ? JSON.parse(text) : null, location: locationOf(response) }, variables);
    }
    if (capture) writeFileSync(file, print(known, cases));
  }
  console.log(capture ? 'captured' : `${differ} cases differ`);
  process.exitCode = differ ? 1 : 0;
}

/** A line for each part of a case: that is what changes are read by. */
function print(known, cases) {
  const members = (object) => Object.entries(object).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const lines = cases.map((item) => `    {\n${members(item).map((line) => `      ${line}`).join(',\n')}\n    }`);
  return `{\n${members(known).map((line) => `  ${line},\n`).join('')}  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

await main(process.argv.slice(2));
