// Sessions and refresh families: the rows that outlive a request.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/handle.h"
#include "model/client.h"
#include "model/realm.h"

namespace tessera::model {

struct Session {
  Handle handle;  ///< sid, in UUID form
  RealmId realm = 0;
  Handle user;
  TimePoint created_at;
  TimePoint last_used_at;
  std::int64_t expires_at_s = 0;  ///< absolute end; 0: none
  std::int64_t rev = 0;           ///< at creation
  bool ended = false;
};

/// One refresh family: every refresh token that descends from one authorization (RFC 9700, 4.14.2).
struct Family {
  Handle handle;
  RealmId realm = 0;
  Handle client;
  Handle secret;   ///< the secret version it was opened with; empty for a public client
  Handle user;     ///< empty where there is none
  Handle session;  ///< empty where there is none
  Handle consent;  ///< empty where none was needed
  RefreshMode mode = RefreshMode::rotate;
  std::int64_t generation = 0;
  Handle nonce;
  std::string scope;
  std::string claims;  ///< told beside the scope (policy/claims.h)
  TimePoint created_at;
  TimePoint last_used_at;         ///< for rotate: when `generation` was reached
  std::int64_t expires_at_s = 0;  ///< absolute end; 0: none
  std::int64_t idle_ttl_s = 0;
  std::int64_t rev = 0;  ///< at creation
  bool ended = false;
};

/// Whether nobody signed in by it for longer than `idle_ttl_s` (0: no limit). One that was used later than now may have ended by a clock
/// that was set back since.
inline bool idle_too_long(const Session& session, std::int64_t idle_ttl_s, TimePoint now) {
  if (session.last_used_at > now + std::chrono::seconds(base::kClockLeewayS)) return true;
  return idle_ttl_s > 0 && now >= session.last_used_at + std::chrono::seconds(idle_ttl_s);
}

/// The idle clock of a family that does not rotate is written once per so many parts of its lifetime, and read with that slack.
inline constexpr std::int64_t kIdleSlackParts = 30;

/// Whether the family was not used for longer than its idle lifetime.
inline bool idle_too_long(const Family& family, TimePoint now) {
  if (family.idle_ttl_s == 0) return false;
  // Each rotation is written, so its clock is exact.
  const std::int64_t slack_s = family.mode == RefreshMode::rotate ? 0 : family.idle_ttl_s / kIdleSlackParts;
  return now >= family.last_used_at + std::chrono::seconds(family.idle_ttl_s + slack_s);
}

}  // namespace tessera::model
