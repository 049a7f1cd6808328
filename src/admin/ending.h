// The journal entries that administration appends, and how long each has to be kept.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "model/client.h"
#include "model/realm.h"
#include "store/store.h"

namespace tessera::admin {

/// A request that was being answered while a change committed may still mint by the record as it was.
inline constexpr std::int64_t kInFlightS = 300;

/// When the last access token of this client, as it stands in the store, has expired.
inline std::int64_t last_expiry_s(const model::Client& client, TimePoint now) {
  return std::max(base::to_s(now) + client.policy->access_ttl_s + kInFlightS, client.max_expiry_s);
}
/// The same for whatever the realm's clients may have been given.
inline std::int64_t last_expiry_s(const model::Realm& realm, TimePoint now) {
  return base::to_s(now) + realm.policy.max_ttl_s + kInFlightS;
}

/// Kills access tokens; what refreshes them stays (a suspension).
inline store::Revoke suspend(model::RevocationKind kind, const Handle& id, std::int64_t prune_after_s) {
  return {.kind = kind, .id = id, .ends = false, .prune_after_s = prune_after_s};
}
/// Kills access tokens, and sessions and refresh families too.
inline store::Revoke revoke(model::RevocationKind kind, const Handle& id, std::int64_t prune_after_s) {
  return {.kind = kind, .id = id, .ends = true, .prune_after_s = prune_after_s};
}

store::AuditRecord audit_of(model::RealmId realm, TimePoint now, std::string action, std::string object,
                            const boost::json::object& detail = {});

}  // namespace tessera::admin
