// A browser as far as it matters here: it keeps cookies, fills in forms and follows no redirect by itself.
import { createHash, randomBytes } from 'node:crypto';

const decodeEntities = (text) =>
  text.replace(/&(amp|lt|gt|quot|#39|#x[0-9a-f]+);/gi, (_, name) => {
    const known = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    return known[name] ?? String.fromCodePoint(Number.parseInt(name.slice(2), 16));
  });

const attributes = (tag) =>
  Object.fromEntries([...tag.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)].slice(1).map(([, name, value]) => [name, decodeEntities(value ?? '')]));

/** One answer: its status, headers and HTML. */
export class Answer {
  constructor(url, response, html) {
    Object.assign(this, { url, status: response.status, headers: response.headers, html });
  }
  get location() {
    return this.headers.get('location') === null ? null : new URL(this.headers.get('location'), this.url);
  }
  /** The parameters that a redirect carries. */
  get query() {
    return Object.fromEntries(this.location.searchParams);
  }
  /** The form of that id: where it goes and what it holds. */
  form(id) {
    const [, tag, body] = new RegExp(`<form([^>]*id="${id}"[^>]*)>([\\s\\S]*?)</form>`).exec(this.html) ?? [];
    if (!tag) throw new Error(`no form ${id} in: ${this.html}`);
    const fields = [...body.matchAll(/<input[^>]*>/g)].map(([input]) => attributes(input)).filter(({ type, name }) => name && type !== 'checkbox');
    return { action: new URL(attributes(`form ${tag}`).action, this.url), fields: Object.fromEntries(fields.map(({ name, value }) => [name, value ?? ''])) };
  }
  has(id) {
    return this.html.includes(`id="${id}"`);
  }
}

export class Browser {
  cookies = new Map();

  async fetch(url, init = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...init.headers, ...(cookie && { cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...flags] = line.split('; ');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (flags.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return new Answer(url, response, await response.text());
  }

  /** Posts a form of the page with what a person fills in. */
  async submit(page, id, filled = {}) {
    const { action, fields } = page.form(id);
    return this.fetch(action, { method: 'POST', body: new URLSearchParams({ ...fields, ...filled }) });
  }

  /** Signs in on the page, and returns what comes then. */
  async signIn(page, username, password) {
    return this.submit(page, 'login', { username, password, action: 'login' });
  }
}

/** A PKCE pair (RFC 7636). */
export function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
