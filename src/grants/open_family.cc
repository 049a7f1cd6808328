#include "grants/open_family.h"

#include <algorithm>

namespace tessera::grants {
namespace {

/// When refreshing ends whatever happens; 0: never.
std::int64_t end_s(const model::Authorization& authorization, TimePoint now) {
  const std::int64_t ttl_s = authorization.client->policy->refresh_ttl_s;
  return ttl_s > 0 ? base::to_s(now) + ttl_s : 0;
}

}  // namespace

void begin_session(model::Authorization& authorization, TimePoint now) {
  authorization.session = model::Session{.handle = Handle::random(),
                                         .realm = authorization.realm->id,
                                         .user = authorization.user->handle,
                                         .created_at = now,
                                         .last_used_at = now,
                                         .expires_at_s = end_s(authorization, now)};
  authorization.lineage.user = authorization.user->handle;
  authorization.lineage.session = authorization.session->handle;
  authorization.auth_time_s = base::to_s(now);
}

void begin_family(model::Authorization& authorization, TimePoint now) {
  const model::ClientPolicy& policy = *authorization.client->policy;
  authorization.returns_refresh = std::find(policy.grants.begin(), policy.grants.end(), "refresh_token") != policy.grants.end();
  authorization.family = model::Family{.handle = Handle::random(),
                                       .realm = authorization.realm->id,
                                       .client = authorization.client->handle,
                                       .secret = authorization.lineage.secret,
                                       .user = authorization.user->handle,
                                       .session = authorization.session->handle,
                                       .consent = authorization.lineage.consent,
                                       .mode = policy.refresh_mode,
                                       .nonce = Handle::random(),
                                       .created_at = now,
                                       .last_used_at = now,
                                       .expires_at_s = end_s(authorization, now),
                                       .idle_ttl_s = policy.refresh_idle_s};
  authorization.lineage.family = authorization.family->handle;
}

void begin_offline(model::Authorization& authorization) {
  constexpr std::int64_t kOfflineIdleTtlS = 2'592'000;
  authorization.session->expires_at_s = 0;
  authorization.family->expires_at_s = 0;
  authorization.family->idle_ttl_s = kOfflineIdleTtlS;
}

}  // namespace tessera::grants
