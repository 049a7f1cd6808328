// A real Chromium. CHROMIUM names it (default /usr/bin/chromium).
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { freePort } from './harness.mjs';

/** Chromium refuses its sandbox to root, and containers refuse it to others; it opens nothing but our own pages. */
export const launchChromium = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** An app of somebody's at an origin of its own: what it serves by path, as {type, body} or as HTML. */
export async function serveApp(t, files) {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url, 'http://app').pathname];
    if (file === undefined) return response.writeHead(404).end();
    const { type = 'text/html', body = file, headers = {} } = typeof file === 'string' ? {} : file;
    return response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, ...headers }).end(body);
  });
  server.listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** A browser window of its own, with nobody signed in. */
export async function newContext(t, browser, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return context;
}

/** Fills in the sign-in page that stands in the window. */
export async function signIn(page, username, password) {
  await page.fill('#username', username);
  await page.fill('#password', password);
  await page.click('#sign-in');
}
