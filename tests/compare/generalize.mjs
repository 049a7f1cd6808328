// From one answer to what every such answer looks like, as a transcript says it.
import { claimsOf, headerOf } from '../e2e/harness.mjs';
import { locationOf } from '../e2e/transcript.mjs';

const jwt = /^eyJ[\w-]+\.[\w-]*\.[\w-]*$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const instants = ['exp', 'iat', 'auth_time', 'nbf'];
const lifetimes = ['expires_in', 'refresh_expires_in'];
const anyText = ['session_state', 'sid', 'jti', 'kid', 'code', 'at_hash', 'public_key', 'x5c', 'x5t', 'x5t#S256', 'n', 'reuse_id', 'family'];
/** Keycloak keeps these in hash maps: their order says nothing, and changes from one of its runs to the next. */
const unordered = ['aud', 'aud_x', 'roles', 'resource_access', 'allowed-origins'];

function value(key, actual, url) {
  if (instants.includes(key)) return '<int 1700000000..9999999999>';
  if (key === 'rev') return '<int 1..9007199254740991>';
  if (key === 'lineage') return Object.fromEntries(Object.keys(actual).map((name) => [name, '<text>']));
  if (lifetimes.includes(key) && actual > 0) return `<int ${Math.ceil(actual / 10) * 10 - 9}..${Math.ceil(actual / 10) * 10}>`;
  if ((unordered.includes(key) && typeof actual === 'object') || key.endsWith('_supported')) {
    const items = deep(actual, url);
    return typeof actual !== 'object' ? items : { '<set>': Array.isArray(items) ? items.sort() : items };
  }
  if (anyText.includes(key)) return Array.isArray(actual) ? actual.map(() => '<text>') : '<text>';
  if (typeof actual !== 'string') return deep(actual, url);
  if (jwt.test(actual)) return { '<jwt>': token(actual, url) };
  if (key === 'scope') return `<words ${actual.split(' ').sort().join(' ')}>`;
  if (uuid.test(actual) && key !== 'sub') return '<uuid>';
  return actual.replaceAll(url, '${url}');
}

function token(actual, url) {
  const said = deep({ header: headerOf(actual), claims: claimsOf(actual) }, url);
  // A refresh token is for its issuer's eyes, whose own scopes stand in it too.
  if (said.header.alg === 'HS512') said.claims.scope = '<text>';
  // The user that Keycloak keeps for each service is not exported.
  if (said.claims.preferred_username?.startsWith('service-account-')) said.claims.sub = '<uuid>';
  return said;
}

function deep(actual, url) {
  if (Array.isArray(actual)) return actual.map((item) => value('', item, url));
  if (actual && typeof actual === 'object') return Object.fromEntries(Object.entries(actual).map(([key, item]) => [key, value(key, item, url)]));
  return actual;
}

/** `headers`: those that the case is about. */
export function generalize({ response, text }, { url, headers }) {
  const expect = { status: response.status };
  if (headers.length) expect.headers = Object.fromEntries(headers.map((name) => [name, response.headers.get(name)?.replaceAll(url, '${url}') ?? null]));
  const location = locationOf(response);
  if (location) return { ...expect, location: deep(location, url) };
  if (/^text\/html/.test(response.headers.get('content-type') ?? '')) return { ...expect, page: true };
  return { ...expect, body: text === '' ? null : deep(JSON.parse(text), url) };
}
