// Tells the page around this frame whether the browser keeps cookies for it: Keycloak's test for third-party cookies.
const name = 'tessera-probe';
const flags = location.protocol === 'https:' ? '; SameSite=None; Secure' : '';

async function hasAccess() {
  if (!('hasStorageAccess' in document) || (await document.hasStorageAccess())) return true;
  return document.requestStorageAccess().then(
    () => true,
    () => false,
  );
}

function keepsCookies() {
  document.cookie = `${name}=kept; Max-Age=60${flags}`;
  const kept = document.cookie.includes(`${name}=kept`);
  document.cookie = `${name}=; Max-Age=0${flags}`;
  return kept;
}

// Anybody may know it, and who frames this page is decided in its headers.
hasAccess().then((access) => parent.postMessage(access && keepsCookies() ? 'supported' : 'unsupported', '*'));
