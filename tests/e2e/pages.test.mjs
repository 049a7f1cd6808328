// Every page in a real Chromium: axe finds nothing in either colour scheme, on a phone and on a desk; what can be done with a mouse
// can be done with keys, and without JavaScript.
//
// The pages are those of src/pages/test_support.h, as pages_test writes them; a small server here shows them with their own headers.
// The screenshots are left in build/screenshots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { launchChromium } from './chromium.mjs';
import { binary, freePort, root, scratch } from './harness.mjs';

const sizes = { phone: { width: 320, height: 640 }, desk: { width: 1280, height: 800 } };
const schemes = ['light', 'dark'];
const screenshots = join(root, 'build/screenshots');

let browser;
before(async () => (browser = await launchChromium()));
after(() => browser?.close());

function writePages(t) {
  const writer = join(dirname(binary), 'pages_test');
  assert.ok(existsSync(writer), `${writer} is not built: script/test builds it`);
  const file = join(scratch(t), 'pages.json');
  execFileSync(writer, ['--gtest_filter=*SamplesForTheBrowser'], { env: { ...process.env, TESSERA_PAGES_OUT: file } });
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Serves the pages, and keeps what is posted to any other path. */
async function serve(t) {
  const pages = writePages(t);
  const posted = [];
  const server = createServer(async (request, response) => {
    const page = pages.find(({ path }) => path === request.url);
    if (page && request.method === 'GET') return response.writeHead(page.status, page.headers).end(page.body);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'POST') posted.push({ path: request.url, fields: Object.fromEntries(new URLSearchParams(body)) });
    return response.writeHead(request.method === 'POST' ? 200 : 404, { 'Content-Type': 'text/plain' }).end('done');
  });
  server.listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, paths: pages.map(({ path }) => path).filter((path) => /^\/..\//.test(path)), posted };
}

/** A browser window of its own. What the page's own policy stops is an error. */
async function open(t, options = {}) {
  const context = await browser.newContext({ viewport: sizes.desk, reducedMotion: 'reduce', ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|refused/i.test(message.text())) page.problems.push(message.text());
  });
  return page;
}

async function findings(page) {
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

test('axe finds nothing, and nothing is wider than the screen', { timeout: 600_000 }, async (t) => {
  const { url, paths } = await serve(t);
  assert.ok(paths.length >= 3 * 8);
  mkdirSync(screenshots, { recursive: true });
  const page = await open(t);
  // The form_post page would be gone before axe has looked at it.
  await page.route('**/pages/submit-*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  for (const path of paths) {
    await page.goto(url + path);
    await page.evaluate(axe.source);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      for (const [name, size] of Object.entries(sizes)) {
        await page.setViewportSize(size);
        const where = `${path} ${colorScheme} ${name}`;
        assert.deepEqual(await findings(page), [], where);
        const [wanted, given] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(wanted <= given, `${where}: ${wanted} pixels wide`);
        await page.screenshot({ path: join(screenshots, `${path.slice(1).replace('/', '-')}-${colorScheme}-${name}.png`), fullPage: true });
      }
    }
    assert.deepEqual(page.problems, [], path);
  }
});

test('the accent and the stylesheet pass the policy', async (t) => {
  const { url } = await serve(t);
  const page = await open(t);
  await page.goto(`${url}/en/login-wrong`);
  const button = await page.locator('#sign-in').evaluate((element) => {
    const { backgroundColor, color, minHeight } = getComputedStyle(element);
    return { backgroundColor, color, minHeight };
  });
  assert.deepEqual(button, { backgroundColor: 'rgb(255, 210, 63)', color: 'rgb(0, 0, 0)', minHeight: '48px' });
  await page.goto(`${url}/en/login`);
  assert.ok(await page.locator('img.logo').evaluate((image) => image.complete && image.naturalWidth > 0));
});

test('signing in by keys alone, without JavaScript', async (t) => {
  const { url, posted } = await serve(t);
  const page = await open(t, { javaScriptEnabled: false });
  await page.goto(`${url}/en/login`);
  await page.locator('#username:focus').waitFor();
  await page.keyboard.type('ada');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
  const fields = { interaction: 'v1.sealed', username: 'ada', password: 'correct horse', action: 'login' };
  assert.deepEqual(posted, [{ path: '/realms/harbour/sign-in', fields }]);
});

test('each button says what was chosen', async (t) => {
  const { url, posted } = await serve(t);
  const page = await open(t, { javaScriptEnabled: false });
  const choices = [
    ['consent', '#allow', { action: 'allow', remember: 'on' }],
    ['consent', '#deny', { action: 'deny', remember: 'on' }],
    ['logout', '#log-out', { action: 'logout' }],
    ['logout', '#stay', { action: 'stay' }],
  ];
  for (const [name, button, chosen] of choices) {
    await page.goto(`${url}/de/${name}`);
    await page.click(button);
    assert.deepEqual(posted.pop()?.fields, { interaction: 'v1.sealed', ...chosen });
  }
  await page.goto(`${url}/fr/consent`);
  await page.uncheck('#remember');
  await page.click('#allow');
  assert.deepEqual(posted.pop()?.fields, { interaction: 'v1.sealed', action: 'allow' });
  await page.goto(`${url}/fr/new-password`);
  await page.fill('#new_password', 'four words in a row');
  await page.fill('#new_password_again', 'four words in a row');
  await page.click('#save');
  const fields = { interaction: 'v1.sealed', new_password: 'four words in a row', new_password_again: 'four words in a row', action: 'save' };
  assert.deepEqual(posted.pop()?.fields, fields);
});

test('what is focused can be seen', async (t) => {
  const { url } = await serve(t);
  const page = await open(t);
  await page.goto(`${url}/en/consent`);
  for (const id of ['remember', 'allow', 'deny']) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => [document.activeElement.id, getComputedStyle(document.activeElement).outlineWidth]);
    assert.deepEqual(focused, [id, '3px']);
  }
});

for (const javaScriptEnabled of [true, false])
  test(`form_post reaches the client ${javaScriptEnabled ? 'by itself' : 'by its button without JavaScript'}`, async (t) => {
    const { url } = await serve(t);
    const page = await open(t, { javaScriptEnabled });
    const arrived = page.waitForRequest('https://portal.example.com/callback');
    await page.route('https://portal.example.com/**', (route) => route.fulfill({ body: 'arrived' }));
    await page.goto(`${url}/en/form-post`);
    if (!javaScriptEnabled) await page.click('#continue');
    const request = await arrived;
    assert.equal(request.method(), 'POST');
    const fields = Object.fromEntries(new URLSearchParams(request.postData()));
    assert.deepEqual(fields, { code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj"><script>' });
    assert.equal(request.headers().referer, undefined);
  });
