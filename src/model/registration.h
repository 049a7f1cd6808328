// Clients that register themselves (RFC 7591, 7592).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/handle.h"
#include "model/realm.h"

namespace tessera::model {

/// Lets its holder register clients (RFC 7591, 1.2).
struct InitialAccessToken {
  Handle handle;
  RealmId realm = 0;
  std::string digest;  ///< SHA-256 of the token, raw
  TimePoint created_at;
  std::int64_t expires_at_s = 0;
  std::int64_t uses_left = 1;
};

/// How a client came to register itself, and what it manages itself by.
struct Registration {
  Handle client;
  std::string digest;  ///< SHA-256 of the registration access token, raw
  Handle by;           ///< the initial access token, or the client whose access token asked
  TimePoint at;
  std::string about;  ///< what it says of itself and nothing here depends on, as a JSON object
  /// Of grants and scopes as the client put them last. With others, an operator has had a hand in them.
  std::string shaped = {};
};

}  // namespace tessera::model
