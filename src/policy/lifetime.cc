#include "policy/lifetime.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::policy {
namespace {

std::int64_t cap_s(const model::Realm& realm, const model::Client& client) {
  return client.policy->max_ttl_s > 0 ? std::min(client.policy->max_ttl_s, realm.policy.max_ttl_s) : realm.policy.max_ttl_s;
}

}  // namespace

Result<Lifetime> decide_lifetime(const model::Realm& realm, const model::Client& client, std::optional<TimePoint> requested,
                                 TimePoint now) {
  const std::int64_t now_s = base::to_s(now);
  const std::int64_t cap = cap_s(realm, client);
  const std::int64_t ordinary_s = std::min(client.policy->access_ttl_s, cap);
  if (!requested) return Lifetime{now_s + ordinary_s, false};

  // Rounded down: a token never outlives the instant that was asked for.
  const std::int64_t expires_at_s = base::to_s(*requested);
  const std::int64_t asked_s = expires_at_s - now_s;
  if (asked_s <= 0) return fail(Reason::expiry_past);
  if (asked_s <= ordinary_s) return Lifetime{expires_at_s, false};
  if (!client.policy->allow_token_lifetime_extension) return fail(Reason::extension_not_allowed);
  if (asked_s > cap)
    return std::unexpected(Error{.reason = Reason::expiry_beyond_cap,
                                 .context = fmt::format("at most {} s from now", cap),
                                 .limit = fmt::format("{} seconds from now", cap)});
  return Lifetime{expires_at_s, true};
}

}  // namespace tessera::policy
