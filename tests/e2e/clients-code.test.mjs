// People sign in to clients that others wrote: each logs in through the real pages, asks userinfo, refreshes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import OpenIDConnectStrategy from 'passport-openidconnect';
import { AuthorizationCode } from 'simple-oauth2';
import { Browser } from './browser.mjs';
import { claimsOf, startTessera } from './harness.mjs';

const redirectUri = 'https://web.example/cb';
const scope = 'openid profile email';
const password = 'anna is a long password';
const plain = { [oauth.allowInsecureRequests]: true };

/** A server with the realm `people`, spoken to as to the standard or to a Keycloak: both have the same issuer. */
async function startPeople(t, mounts) {
  const server = await startTessera(t, { mounts });
  await server.apply('tests/e2e/realms/people.toml');
  await server.cliWithInput(`${password}\n`, 'user', 'set-password', 'people', 'anna', '--stdin');
  /** Signs anna in where the client sends her, and says where she comes back. */
  const signIn = async (url) => {
    const browser = new Browser();
    return (await browser.signIn(await browser.fetch(url), 'anna', password)).location;
  };
  return { server, issuer: new URL(`${server.url}/realms/people`), secret: await server.newSecret('people', 'web'), signIn };
}

const dialects = { 'the standard': [], 'a Keycloak': [{ dialect: 'keycloak' }] };

for (const [name, mounts] of Object.entries(dialects)) {
  test(`oauth4webapi, its optional checks on, at ${name}`, async (t) => {
    const { issuer, secret, signIn } = await startPeople(t, mounts);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oidc' }));
    const client = { client_id: 'web', require_auth_time: true, default_max_age: 60 };
    const auth = oauth.ClientSecretBasic(secret);
    const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(as.authorization_endpoint);
    const code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const asked = { client_id: 'web', redirect_uri: redirectUri, response_type: 'code', scope, state, nonce, code_challenge, code_challenge_method: 'S256', max_age: '60' };
    for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, value);

    // The metadata promises `iss`, so it is required here.
    const parameters = oauth.validateAuthResponse(as, client, await signIn(url), state);
    const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, plain);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true, maxAge: 60 });
    await oauth.validateApplicationLevelSignature(as, answer, plain);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);

    const info = await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, tokens.access_token, plain));
    assert.deepEqual([info.email, info.email_verified, info.name], ['anna@example.org', true, 'Anna Muster']);
    const refreshed = await oauth.processRefreshTokenResponse(
      as, client, await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, plain),
    );
    assert.equal(oauth.getValidatedIdTokenClaims(refreshed).sub, sub);
    const failed = await oauth.userInfoRequest(as, client, 'nonsense', plain);
    await assert.rejects(oauth.processUserInfoResponse(as, client, sub, failed), ({ cause }) => cause[0].parameters.error === 'invalid_token');
  });

  test(`openid-client at ${name}`, async (t) => {
    const { issuer, secret, signIn } = await startPeople(t, mounts);
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
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal((await openid.fetchUserInfo(config, refreshed.access_token, sub)).sub, sub);
  });

  test(`simple-oauth2 at ${name}`, async (t) => {
    const { server, secret, signIn } = await startPeople(t, mounts);
    const metadata = await (await server.fetch('/realms/people/.well-known/openid-configuration')).json();
    const path = (member) => new URL(metadata[member]).pathname;
    const client = new AuthorizationCode({
      client: { id: 'web', secret },
      // By default it takes no answer without JSON, such as RFC 7009's to a revocation, from anyone.
      http: { json: true },
      auth: { tokenHost: server.url, tokenPath: path('token_endpoint'), authorizePath: path('authorization_endpoint'), revokePath: path('revocation_endpoint') },
    });
    const back = await signIn(client.authorizeURL({ redirect_uri: redirectUri, scope, state: 's-1' }));
    assert.equal(back.searchParams.get('state'), 's-1');
    const granted = await client.getToken({ code: back.searchParams.get('code'), redirect_uri: redirectUri });
    assert.equal(granted.expired(), false);
    const refreshed = await granted.refresh();
    const ask = () => fetch(metadata.userinfo_endpoint, { headers: { Authorization: `Bearer ${refreshed.token.access_token}` } });
    assert.equal((await (await ask()).json()).email, 'anna@example.org');
    await refreshed.revokeAll();
    assert.equal((await ask()).status, 401);
  });

  test(`passport-openidconnect at ${name}`, async (t) => {
    const { server, issuer, secret, signIn } = await startPeople(t, mounts);
    const metadata = await (await server.fetch('/realms/people/.well-known/openid-configuration')).json();
    const strategy = new OpenIDConnectStrategy(
      {
        issuer: issuer.href,
        authorizationURL: metadata.authorization_endpoint,
        tokenURL: metadata.token_endpoint,
        userInfoURL: metadata.userinfo_endpoint,
        clientID: 'web',
        clientSecret: secret,
        callbackURL: redirectUri,
        scope: ['profile', 'email'],
        nonce: true,
        maxAge: 60,
      },
      (iss, ui, id, context, idToken, accessToken, refreshToken, params, done) => done(null, { ui, id, idToken, refreshToken }),
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
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: user.refreshToken, client_id: 'web', client_secret: secret });
    assert.equal((await fetch(metadata.token_endpoint, { method: 'POST', body })).status, 200);
  });

  test(`Debian's python3-authlib at ${name}`, async (t) => {
    const { issuer, secret, signIn } = await startPeople(t, mounts);
    const env = { ...process.env, AUTHLIB_INSECURE_TRANSPORT: '1' };
    const client = spawn('/usr/bin/python3', [new URL('authlib-client.py', import.meta.url).pathname], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => client.kill());
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    client.stdin.write(`${JSON.stringify({ issuer: issuer.href, client_id: 'web', client_secret: secret, redirect_uri: redirectUri, scope })}\n`);
    const { value: url } = await lines.next();
    assert.ok(url, 'it found what it needs in the metadata');
    client.stdin.write(`${await signIn(url)}\n`);
    const { email, revoked_status } = JSON.parse((await lines.next()).value);
    assert.deepEqual([email, revoked_status], ['anna@example.org', 401]);
  });
}
