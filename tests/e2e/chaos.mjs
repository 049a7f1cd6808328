// Kills Tessera under load, again and again, and checks after each restart what it had promised before it died:
// an acknowledged revocation holds, an acknowledged token lives, no refresh family is lost, none has forked.
//
// What was on its way when the server died has no known outcome; it is left out of both sides.
import assert from 'node:assert/strict';

const realm = 'chaos';
const path = (endpoint) => `/realms/${realm}/oauth2/${endpoint}`;
const tokensKept = 200;
const familiesKept = 24;

export const chaosRealm = 'tests/e2e/realms/chaos.toml';

export class Chaos {
  constructor(server, random = Math.random) {
    this.server = server;
    this.random = random;
    this.live = [];     // access tokens whose issue was acknowledged and whose revocation nobody asked for
    this.revoked = [];  // access tokens whose revocation was acknowledged
    this.families = []; // {shown: the newest refresh token that was acknowledged}
    this.totals = { cycles: 0, issued: 0, revoked: 0, refreshed: 0 };
  }

  async setUp() {
    this.secret = await this.server.newSecret(realm, 'chaos');
    this.password = await this.server.newUser(realm, 'holder');
  }

  async post(endpoint, fields) {
    const response = await this.server.postForm(path(endpoint), { client_id: 'chaos', client_secret: this.secret, ...fields });
    return { status: response.status, body: response.headers.get('content-length') === '0' ? null : await response.json() };
  }

  refresh(token) {
    return this.post('token', { grant_type: 'refresh_token', refresh_token: token });
  }

  async verdict(token) {
    return (await this.server.fetch(path('verify'), { headers: { Authorization: `Bearer ${token}` } })).status;
  }

  async openFamilies(count) {
    const opened = await Promise.all(
      Array.from({ length: count }, () => this.post('token', { grant_type: 'password', username: 'holder', password: this.password })),
    );
    for (const { status, body } of opened) {
      assert.equal(status, 200, JSON.stringify(body));
      this.families.push({ shown: body.refresh_token });
    }
  }

  /** One more acknowledged change; the cycle's kill comes when there are enough. */
  acknowledged(kind) {
    ++this.totals[kind];
    if (--this.killAfter === 0) this.enough();
  }

  /** Acknowledged work, until the server dies. A request that fails then has no known outcome. */
  async issueAndRevoke(stop) {
    while (!stop.now) {
      const answer = await this.post('token', { grant_type: 'client_credentials' }).catch(() => null);
      if (answer?.status !== 200) return;
      this.live.push(answer.body.access_token);
      this.acknowledged('issued');
      if (this.random() > 0.4) continue;
      const [token] = this.live.splice(Math.floor(this.random() * this.live.length), 1);
      const revoked = await this.post('revoke', { token }).catch(() => null);
      if (revoked?.status !== 200) return;
      this.revoked.push(token);
      this.acknowledged('revoked');
    }
  }

  async refreshOn(family, stop) {
    while (!stop.now) {
      const answer = await this.refresh(family.shown).catch(() => null);
      if (answer?.status !== 200) return;
      family.shown = answer.body.refresh_token;
      this.acknowledged('refreshed');
    }
  }

  async check() {
    for (const token of this.revoked) assert.equal(await this.verdict(token), 401, 'an acknowledged revocation was lost');
    for (const token of this.live) assert.equal(await this.verdict(token), 200, 'an acknowledged token was lost');
    // The last acknowledged token gives its successor, also when the server had moved on and the answer was lost; shown
    // twice at once it gives the same one, or the family would have forked.
    for (const family of this.families) {
      const answers = await Promise.all([this.refresh(family.shown), this.refresh(family.shown)]);
      for (const { status, body } of answers) assert.equal(status, 200, `an acknowledged family was lost: ${JSON.stringify(body)}`);
      assert.equal(answers[0].body.refresh_token, answers[1].body.refresh_token, 'a family has forked');
      family.shown = answers[0].body.refresh_token;
    }
    await this.checkReuse();
  }

  /** One family a cycle is spent: an old token ends it, so no second branch can live. */
  async checkReuse() {
    const family = this.families.shift();
    if (!family) return;
    const second = await this.refresh(family.shown);
    const third = await this.refresh(second.body.refresh_token);
    assert.equal((await this.refresh(family.shown)).status, 400, 'a superseded refresh token was taken');
    assert.equal((await this.refresh(third.body.refresh_token)).status, 400, 'a family lived on after reuse');
  }

  trim() {
    this.live = this.live.slice(-tokensKept);
    this.revoked = this.revoked.slice(-tokensKept);
  }

  /** Load, kill, restart, check. The server runs before and after. */
  async cycle() {
    await this.openFamilies(familiesKept - this.families.length);
    const stop = { now: false };
    // After so much work, not after so much time: a slow machine does the same as a fast one.
    this.killAfter = 1 + Math.floor(this.random() * 150);
    const enough = new Promise((resolve) => (this.enough = resolve));
    const work = [this.issueAndRevoke(stop), this.issueAndRevoke(stop), this.issueAndRevoke(stop)];
    for (const family of this.families) work.push(this.refreshOn(family, stop));
    await Promise.race([enough, Promise.all(work)]);
    await this.server.kill();
    stop.now = true;
    await Promise.all(work);
    await this.server.start();
    await this.check();
    this.trim();
    ++this.totals.cycles;
  }
}
