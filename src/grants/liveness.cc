#include "grants/liveness.h"

namespace tessera::grants {

namespace {

Status require_session_live(const model::Session& session, std::int64_t now_s) {
  if (session.ended || (session.expires_at_s != 0 && now_s >= session.expires_at_s))
    return fail(Reason::session_ended, session.handle.uuid());
  return {};
}

Status require_family_live(const model::Authorization& authorization, TimePoint now) {
  const model::Family& family = *authorization.family;
  const std::int64_t born = model::rev_number(family.rev);
  const bool ended_above = authorization.realm->ended_seq > born || authorization.client->ended_seq > born ||
                           (authorization.user && authorization.user->ended_seq > born);
  // A family that is about to be opened has no rev yet, and nothing to compare.
  if (family.ended || (family.rev != 0 && ended_above)) return fail(Reason::refresh_ended, family.handle.str());
  const bool past_end = family.expires_at_s != 0 && base::to_s(now) >= family.expires_at_s;
  if (past_end || model::idle_too_long(family, now)) return fail(Reason::refresh_expired, family.handle.str());
  return {};
}

}  // namespace

Status require_live(const model::Authorization& authorization, TimePoint now) {
  const std::int64_t now_s = base::to_s(now);
  if (!authorization.realm->enabled) return fail(Reason::realm_disabled, authorization.realm->name);
  if (!authorization.client->enabled) return fail(Reason::client_disabled, authorization.client->client_id);
  if (authorization.user && !authorization.user->enabled) return fail(Reason::user_disabled, authorization.user->username);
  if (authorization.session) TRY(require_session_live(*authorization.session, now_s));
  if (authorization.family) TRY(require_family_live(authorization, now));
  if (authorization.proof_issued_at_s != 0 && authorization.proof_issued_at_s < model::latest_not_before_s(authorization))
    return fail(Reason::refresh_stale, "issued before the not-before");
  return {};
}

}  // namespace tessera::grants
