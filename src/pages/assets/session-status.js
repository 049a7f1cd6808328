// Tells the page around this frame whether the session that it knows is the one that this browser has: Keycloak's login status iframe.
// It is asked by a message "CLIENT_ID SESSION_STATE" and answers "unchanged", "changed" or "error".
const cookieName = (location.protocol === 'https:' ? '__Host-' : '') + document.getElementById('session-status').dataset.cookie;

// Whom the server said yes to. It is asked once: the page around asks every few seconds.
let admission = null;

function admit(clientId, origin) {
  admission ??= fetch(`${location.pathname}/init?${new URLSearchParams({ client_id: clientId, origin })}`).then(
    (answer) => (answer.ok ? { clientId, origin } : null),
    () => null,
  );
  return admission;
}

async function mayReadCookies() {
  if (!('hasStorageAccess' in document) || (await document.hasStorageAccess())) return true;
  return document.requestStorageAccess().then(
    () => true,
    () => false,
  );
}

function sessionState() {
  const pairs = document.cookie.split('; ').map((pair) => pair.split('='));
  return pairs.find(([name]) => name === cookieName)?.[1] ?? '';
}

async function statusOf(clientId, origin, known) {
  if (!(await mayReadCookies())) return 'error';
  const admitted = await admit(clientId, origin);
  if (admitted?.clientId !== clientId || admitted.origin !== origin) return 'error';
  return sessionState() === known ? 'unchanged' : 'changed';
}

addEventListener('message', async ({ data, origin, source }) => {
  const words = typeof data === 'string' ? data.split(' ') : [];
  if (words.length === 2) source.postMessage(await statusOf(words[0], origin, words[1]), origin);
});
