#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "model/client.h"
#include "model/realm.h"

namespace tessera::policy {

struct Lifetime {
  std::int64_t expires_at_s = 0;
  bool extended = false;  ///< beyond the client's ordinary lifetime
};

/// How long an access token of this client may live from `now`. A requested expiry within the ordinary lifetime needs no permission;
/// beyond it the client's allow_token_lifetime_extension; never past the cap.
/// Errors: expiry_past, extension_not_allowed, expiry_beyond_cap (context names the cap).
Result<Lifetime> decide_lifetime(const model::Realm& realm, const model::Client& client, std::optional<TimePoint> requested, TimePoint now);

}  // namespace tessera::policy
