// Passwords by argon2id (libsodium).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "model/user.h"

namespace tessera::sessions {

struct PasswordCost {
  unsigned long long passes = 2;
  std::size_t memory_bytes = 19'922'944;  ///< 19 MiB
};

inline constexpr std::size_t kPasswordBytesMax = 128;

/// Safe from any thread. Both verbs take milliseconds: lane `hash` only.
class Passwords {
 public:
  explicit Passwords(PasswordCost cost = {});

  Result<std::string> hash(const Secret& password) const;
  /// False for a wrong password, an empty record (after the work of a dummy hash) and a record out of bounds.
  bool verify(std::string_view record, const Secret& password) const;
  /// The same work as a wrong password, for users that do not exist.
  void verify_dummy(const Secret& password) const;
  /// The record was made at other parameters than today's.
  bool outdated(std::string_view record) const;

 private:
  PasswordCost cost_;
  std::string dummy_;
};

}  // namespace tessera::sessions
