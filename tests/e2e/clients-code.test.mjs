// People sign in to clients that others wrote: each logs in through the real pages, calls an API, refreshes, logs out.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import OpenIDConnectStrategy from 'passport-openidconnect';
import { AuthorizationCode } from 'simple-oauth2';
import { Browser } from './browser.mjs';
import { claimsOf, startNginx, startTessera } from './harness.mjs';

const redirectUri = 'https://web.example/cb';
const leaving = { post_logout_redirect_uri: 'https://web.example/bye', state: 'bye-1' };
const scope = 'openid profile email accounts';
const password = 'anna is a long password';
const plain = { [oauth.allowInsecureRequests]: true };

/** A server with the realm `people`, spoken to as to the standard or to a Keycloak: both have the same issuer. nginx guards an API by it. */
async function startPeople(t, mounts) {
  const server = await startTessera(t, { mounts });
  await server.apply('tests/e2e/realms/people.toml');
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
  const nginx = await startNginx(t, server, { realm: 'people', scope: 'accounts' });
  const issuer = new URL(`${server.url}/realms/people`);
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  return { server, issuer, metadata, api: new URL(`${nginx.url}/accounts`), secret: await server.newSecret('people', 'web') };
}

/** Anna, in a browser of her own. */
function newAnna({ metadata }) {
  const browser = new Browser();
  /** Signs her in where the client sends her, and says where she comes back. */
  const signIn = async (url) => {
    const page = await browser.fetch(url);
    return (page.has('login') ? await browser.signIn(page, 'anna', password) : page).location;
  };
  const isSignedIn = async () => {
    const asked = { client_id: 'web', redirect_uri: redirectUri, response_type: 'code', scope: 'openid', prompt: 'none' };
    const { code, error } = (await browser.fetch(`${metadata.authorization_endpoint}?${new URLSearchParams(asked)}`)).query;
    assert.equal(error, code ? undefined : 'login_required');
    return Boolean(code);
  };
  /** Goes where the client sends her to log out. That ends her session and what the client, by `call`, could do at the API. */
  const logOut = async (url, call) => {
    assert.deepEqual([await isSignedIn(), await call()], [true, 'web']);
    assert.equal((await browser.fetch(url)).location?.href, `${leaving.post_logout_redirect_uri}?state=${leaving.state}`);
    assert.deepEqual([await isSignedIn(), await call()], [false, 401]);
  };
  return { signIn, logOut };
}

const withBearer = (url, token) => fetch(url, { headers: { Authorization: `Bearer ${token}` } });

/** What the API says to whoever asks it: the client that they are, or the status that refuses them. Some libraries throw the refusal. */
async function heard(asking) {
  const answer = await asking.catch((refusal) => refusal);
  return answer.status === 200 ? (await answer.json()).caller : answer.status;
}

/** Where a library that has no logging out of its own sends her, by the metadata. */
const logoutUrl = (endpoint, id_token_hint) => `${endpoint}?${new URLSearchParams({ id_token_hint, ...leaving })}`;

const clients = {
  'oauth4webapi, its optional checks on': async ({ issuer, secret, api, signIn, logOut }) => {
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oidc' }));
    const client = { client_id: 'web', require_auth_time: true, default_max_age: 60 };
    const auth = oauth.ClientSecretBasic(secret);
    const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(as.authorization_endpoint);
    const code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const pkce = { code_challenge, code_challenge_method: 'S256' };
    const asked = { client_id: 'web', redirect_uri: redirectUri, response_type: 'code', scope, state, nonce, ...pkce, max_age: '60' };
    for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, value);

    // The metadata promises `iss`, so it is required here.
    const parameters = oauth.validateAuthResponse(as, client, await signIn(url), state);
    const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, plain);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true, maxAge: 60 });
    await oauth.validateApplicationLevelSignature(as, answer, plain);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);

    const info = await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, tokens.access_token, plain));
    assert.deepEqual([info.email, info.email_verified, info.name], ['anna@example.org', true, 'Anna Muster']);
    const call = ({ access_token }) => heard(oauth.protectedResourceRequest(access_token, 'GET', api, undefined, undefined, plain));
    assert.equal(await call(tokens), 'web');
    const refreshed = await oauth.processRefreshTokenResponse(
      as, client, await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, plain),
    );
    assert.equal(oauth.getValidatedIdTokenClaims(refreshed).sub, sub);
    const failed = await oauth.userInfoRequest(as, client, 'nonsense', plain);
    await assert.rejects(oauth.processUserInfoResponse(as, client, sub, failed), ({ cause }) => cause[0].parameters.error === 'invalid_token');
    await logOut(logoutUrl(as.end_session_endpoint, tokens.id_token), () => call(refreshed));
  },

  'openid-client': async ({ issuer, secret, api, signIn, logOut }) => {
    const config = await openid.discovery(issuer, 'web', { client_secret: secret }, undefined, {
      execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
    });
    const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const tokens = await openid.authorizationCodeGrant(config, await signIn(url), { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
    const { sub } = tokens.claims();
    assert.equal((await openid.fetchUserInfo(config, tokens.access_token, sub)).preferred_username, 'anna');
    const call = ({ access_token }) => heard(openid.fetchProtectedResource(config, access_token, api, 'GET'));
    assert.equal(await call(tokens), 'web');
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal((await openid.fetchUserInfo(config, refreshed.access_token, sub)).sub, sub);
    await logOut(openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, ...leaving }), () => call(refreshed));
  },

  'simple-oauth2': async ({ server, metadata, secret, api, signIn, logOut }) => {
    const path = (member) => new URL(metadata[member]).pathname;
    const client = new AuthorizationCode({
      client: { id: 'web', secret },
      // By default it takes no answer without JSON, such as RFC 7009's to a revocation, from anyone.
      http: { json: true },
      auth: { tokenHost: server.url, tokenPath: path('token_endpoint'), authorizePath: path('authorization_endpoint'), revokePath: path('revocation_endpoint') },
    });
    const grant = async () => {
      const back = await signIn(client.authorizeURL({ redirect_uri: redirectUri, scope, state: 's-1' }));
      assert.equal(back.searchParams.get('state'), 's-1');
      return client.getToken({ code: back.searchParams.get('code'), redirect_uri: redirectUri });
    };
    const call = ({ token }) => heard(withBearer(api, token.access_token));
    const revoked = await grant();
    assert.deepEqual([revoked.expired(), await call(revoked)], [false, 'web']);
    await revoked.revokeAll();
    assert.equal(await call(revoked), 401);

    const granted = await grant();
    const refreshed = await granted.refresh();
    assert.equal((await (await withBearer(metadata.userinfo_endpoint, refreshed.token.access_token)).json()).email, 'anna@example.org');
    await logOut(logoutUrl(metadata.end_session_endpoint, granted.token.id_token), () => call(refreshed));
  },

  'passport-openidconnect': async ({ issuer, metadata, secret, api, signIn, logOut }) => {
    const strategy = new OpenIDConnectStrategy(
      {
        issuer: issuer.href,
        authorizationURL: metadata.authorization_endpoint,
        tokenURL: metadata.token_endpoint,
        userInfoURL: metadata.userinfo_endpoint,
        clientID: 'web',
        clientSecret: secret,
        callbackURL: redirectUri,
        scope: ['profile', 'email', 'accounts'],
        nonce: true,
        maxAge: 60,
      },
      (iss, ui, id, context, idToken, accessToken, refreshToken, params, done) => done(null, { ui, id, idToken, accessToken, refreshToken }),
    );
    // What passport does with a strategy for each request; the session is the application's.
    const session = {};
    const authenticate = (query) =>
      new Promise((resolve, reject) => {
        const run = Object.assign(Object.create(strategy), {
          redirect: (url) => resolve({ url }),
          success: (user) => resolve({ user }),
          fail: (challenge) => reject(new Error(JSON.stringify(challenge))),
          error: reject,
        });
        run.authenticate({ query, session, headers: {} });
      });
    const { url } = await authenticate({});
    const { user } = await authenticate(Object.fromEntries((await signIn(url)).searchParams));
    assert.deepEqual([user.ui.username, user.ui.displayName, user.ui.emails[0].value], ['anna', 'Anna Muster', 'anna@example.org']);
    assert.equal(user.id.id, claimsOf(user.idToken).sub);
    assert.equal(await heard(withBearer(api, user.accessToken)), 'web');
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: user.refreshToken, client_id: 'web', client_secret: secret });
    const { access_token } = await (await fetch(metadata.token_endpoint, { method: 'POST', body })).json();
    await logOut(logoutUrl(metadata.end_session_endpoint, user.idToken), () => heard(withBearer(api, access_token)));
  },

  "Debian's python3-authlib": async ({ t, issuer, secret, api, signIn, logOut }) => {
    const env = { ...process.env, AUTHLIB_INSECURE_TRANSPORT: '1' };
    const client = spawn('/usr/bin/python3', [new URL('authlib-client.py', import.meta.url).pathname], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => client.kill());
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    const tell = async (line) => {
      client.stdin.write(`${line}\n`);
      return (await lines.next()).value;
    };
    const asked = { issuer: issuer.href, client_id: 'web', client_secret: secret, redirect_uri: redirectUri, scope, api: api.href, leaving };
    const first = await tell(JSON.stringify(asked));
    assert.ok(first, 'it found what it needs in the metadata');
    const second = await tell(await signIn(first));
    const { email, revoked, logout } = JSON.parse(await tell(await signIn(second)));
    assert.deepEqual([email, revoked], ['anna@example.org', 401]);
    await logOut(logout, async () => JSON.parse(await tell('call')));
  },
};

for (const [name, mounts] of Object.entries({ 'the standard': [], 'a Keycloak': [{ dialect: 'keycloak' }] }))
  test(`clients that others wrote, at ${name}`, async (t) => {
    const people = await startPeople(t, mounts);
    for (const [client, run] of Object.entries(clients)) await t.test(client, (t) => run({ t, ...people, ...newAnna(people) }));
  });
