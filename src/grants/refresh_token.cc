// RFC 6749, 6, in the three modes of the client's policy: rotate, reissue, static.
#include <cstring>

#include "base/digest.h"
#include "grants/grant.h"
#include "grants/liveness.h"

namespace tessera::grants {

namespace {

constexpr std::string_view kParameters[] = {"refresh_token"};

/// Refresh tokens below the one before the present were superseded long ago; Keycloak's clients are told so.
Reason reuse_reason(std::int64_t shown, std::int64_t present) {
  return shown + 1 < present ? Reason::refresh_stale : Reason::refresh_reused;
}

/// What a second showing within the leeway must have in common with the first: the secret version and the scope granted.
std::int64_t showing_digest(const model::Authorization& authorization) {
  const auto digest = base::sha256_array(authorization.lineage.secret.str() + ' ' + authorization.scope);
  std::int64_t number;
  std::memcpy(&number, digest.data(), sizeof number);
  return number;
}

class RefreshToken final : public Grant {
 public:
  explicit RefreshToken(const Services& services) : services_(services) {}

  std::string_view grant_type() const override { return "refresh_token"; }
  std::span<const std::string_view> parameters() const override { return kParameters; }

  Result<model::Authorization> authorize(const GrantRequest& request) const override {
    const auto text = request.parameters.find("refresh_token");
    if (!text) return fail(Reason::refresh_missing);
    // A rotation always ends in a durable write: no reads twice.
    if (request.turn.lane == Lane::io && !request.turn.pause &&
        request.client.entry->client.policy->refresh_mode == model::RefreshMode::rotate)
      return fail(Reason::would_wait);
    const auto shown = TRY(services_.refresh_tokens.read(request.realm->id, services_.issuer.issuer_of(request.realm->name), *text));
    const store::FamilyInSession found = TRY(find_family(request, shown));
    auto authorization = judge(request, shown, found);
    if (!authorization) authorization.error().user = found.family.user;
    return authorization;
  }

  Status consume(model::Authorization& authorization, const GrantRequest& request, model::Rev) const override {
    model::Family& family = *authorization.family;
    if (family.mode != model::RefreshMode::rotate) {
      family = TRY(services_.sessions.touch(request.turn, family.handle, is_use_of_session(authorization, request.turn.now)));
      return {};
    }
    return rotate(authorization, request.turn);
  }

 private:
  /// What an authentic token is worth by now.
  Result<model::Authorization> judge(const GrantRequest& request, const tokens::ShownRefreshToken& shown,
                                     const store::FamilyInSession& found) const {
    const model::Family& family = found.family;
    const model::Client& client = request.client.entry->client;
    if (family.client != client.handle) return fail(Reason::refresh_client_mismatch);
    if (shown.expires_at_s != 0 && base::to_s(request.turn.now) >= shown.expires_at_s) return fail(Reason::refresh_expired);
    if (shown.generation > family.generation) return fail(Reason::refresh_ahead, "family " + family.handle.str());
    if (client.is_public && family.mode != model::RefreshMode::rotate && !client.policy->public_refresh_without_rotation)
      return fail(Reason::grant_not_allowed, "a public client may refresh without rotation only by public_refresh_without_rotation");
    auto authorization = TRY(continue_family(request, shown, found));
    // Before anything that was asked can be refused: whoever shows a superseded token must end the family, whatever else is wrong.
    if (superseded(shown.generation, family, client, request.turn.now)) {
      // What ends is noted outside the database as well, with a sync of its own.
      if (request.turn.lane == Lane::io) return fail(Reason::would_wait);
      TRY(require_live(authorization, request.turn.now));
      TRY(rotate(authorization, request.turn));
    }
    return authorization;
  }

  /// Whoever refreshes is there: their session does not idle. One that has idled out stays so, or an app would sign its user in again.
  static bool is_use_of_session(const model::Authorization& authorization, TimePoint now) {
    return authorization.session && !model::idle_too_long(*authorization.session, authorization.realm->policy.session_idle_s, now);
  }

  /// Shown again, and too late to be forgiven.
  static bool superseded(std::int64_t generation, const model::Family& family, const model::Client& client, TimePoint now) {
    if (family.mode != model::RefreshMode::rotate || generation >= family.generation) return false;
    const auto since_move = now > family.last_used_at ? now - family.last_used_at : family.last_used_at - now;
    return generation + 1 < family.generation || since_move > std::chrono::seconds(client.policy->reuse_leeway_s);
  }

  Status rotate(model::Authorization& authorization, const Turn& turn) const {
    model::Family& family = *authorization.family;
    const std::int64_t generation = authorization.shown_generation;
    // Not each time: a refresh would be two rows to write.
    constexpr std::chrono::minutes kNoteEvery{1};
    const auto& session = authorization.session;
    const bool notes_session = session && turn.now >= session->last_used_at + kNoteEvery && is_use_of_session(authorization, turn.now);
    const store::Showing showing{.generation = generation, .by = showing_digest(authorization), .notes_session = notes_session};
    std::vector<model::RevocationEvent> ended;
    auto rotation = services_.sessions.rotate(turn, family, showing, authorization.client->policy->reuse_leeway_s, ended);
    services_.revocations.publish(ended);
    // Perhaps a reuse was recorded: the journal tells.
    if (!rotation && rotation.error().reason == Reason::commit_unknown) (void)services_.revocations.catch_up();
    if (!rotation && rotation.error().reason == Reason::refresh_reused)
      return fail(reuse_reason(generation, family.generation), "family " + family.handle.str() + " ended");
    if (!rotation) return std::unexpected(rotation.error());
    family = std::move(rotation->family);
    return {};
  }

  /// The family that the token names, once the token is known to be its. An unknown family and a wrong MAC look alike.
  Result<store::FamilyInSession> find_family(const GrantRequest& request, const tokens::ShownRefreshToken& shown) const {
    auto found = TRY(read_family(request, shown.family));
    if (found.family.realm != request.realm->id || !services_.refresh_tokens.authentic(shown, found.family))
      return fail(Reason::refresh_malformed, "the MAC does not match");
    return found;
  }

  Result<store::FamilyInSession> read_family(const GrantRequest& request, const Handle& handle) const {
    // A rotation judges again what stands above the family, in the write.
    if (request.client.entry->client.policy->refresh_mode == model::RefreshMode::rotate)
      return services_.sessions.find_for_rotation(request.turn, handle);
    store::FamilyInSession found{.family = TRY(services_.sessions.find_family(request.turn, handle)), .session = std::nullopt};
    if (!found.family.session) return found;
    auto session = services_.sessions.find_session(request.turn, found.family.session);
    if (session)
      found.session = *session;
    else if (session.error().reason != Reason::record_missing)
      return std::unexpected(std::move(session).error());
    return found;
  }

  Result<model::Authorization> continue_family(const GrantRequest& request, const tokens::ShownRefreshToken& shown,
                                               const store::FamilyInSession& found) const {
    const model::Family& family = found.family;
    model::Authorization authorization = authorization_of(request);
    if (family.user) {
      auto user = services_.directory.user(request.turn, family.user);
      if (!user)
        return user.error().reason == Reason::user_unknown ? fail(Reason::refresh_ended, "the user is gone")
                                                           : std::unexpected(user.error());
      authorization.user = std::move(*user);
      if (!authorization.user->enabled) return fail(Reason::user_disabled_at_refresh, authorization.user->username);
    }
    if (family.session) {
      if (!found.session) return fail(Reason::session_ended);
      authorization.auth_time_s = base::to_s(found.session->created_at);
      authorization.session = found.session;
    }
    authorization.lineage.user = family.user;
    authorization.lineage.session = family.session;
    authorization.lineage.family = family.handle;
    authorization.lineage.consent = family.consent;
    authorization.scope = family.scope;
    authorization.granted = family.scope;
    authorization.claims = family.claims;
    authorization.proof_issued_at_s = shown.issued_at_s != 0 ? shown.issued_at_s : base::to_s(family.last_used_at);
    authorization.returns_refresh = family.mode != model::RefreshMode::fixed;
    authorization.family = family;
    authorization.shown_generation = shown.generation;
    return authorization;
  }

  Services services_;
};

}  // namespace

std::unique_ptr<Grant> make_refresh_token(const Services& services) { return std::make_unique<RefreshToken>(services); }

}  // namespace tessera::grants
