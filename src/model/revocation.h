// The revocation journal and what a token carries so that it can be judged by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/handle.h"
#include "model/realm.h"

namespace tessera::model {

/// The restore epoch in the high bits, a realm's journal number in the low 40; under 2^53, so that JSON carries it exactly.
using Rev = std::int64_t;
inline constexpr int kRevNumberBits = 40;
inline constexpr std::int64_t kRevNumberMask = (std::int64_t{1} << kRevNumberBits) - 1;
/// The last epoch that leaves a rev under 2^53.
inline constexpr std::int64_t kRevEpochMax = (std::int64_t{1} << (53 - kRevNumberBits)) - 1;
inline Rev make_rev(std::int64_t epoch, std::int64_t number) { return (epoch << kRevNumberBits) | number; }
inline std::int64_t rev_epoch(Rev rev) { return rev >> kRevNumberBits; }
inline std::int64_t rev_number(Rev rev) { return rev & kRevNumberMask; }

/// What a journal entry kills. The numbers are stored: never reuse one.
enum class RevocationKind : std::uint8_t {
  token = 1,
  family = 2,
  session = 3,
  secret = 4,
  client = 5,
  user = 6,
  consent = 7,
  key = 8,  ///< by kid, whatever the token's rev
  realm = 9,
};
inline constexpr std::string_view kRevocationKindNames[] = {"",       "token", "family",  "session", "secret",
                                                            "client", "user",  "consent", "key",     "realm"};

/// One entry of a realm's journal.
struct RevocationEvent {
  RealmId realm = 0;
  std::int64_t number = 0;
  RevocationKind kind = RevocationKind::token;
  Handle id;
  TimePoint at;
  std::int64_t iat_before_s = 0;   ///< Keycloak's not-before: tokens issued before die whatever their rev; 0: none
  std::int64_t prune_after_s = 0;  ///< when no token that it could kill is unexpired
  Handle client = {};              ///< of kind token: whose it is, where that is known
  friend bool operator==(const RevocationEvent&, const RevocationEvent&) = default;
};

/// Whom and what a token descends from. Opaque handles; an empty one is absent.
struct Lineage {
  Handle client;
  Handle secret;
  Handle user;
  Handle session;
  Handle family;
  Handle consent;
  friend bool operator==(const Lineage&, const Lineage&) = default;
};

}  // namespace tessera::model
