// Passwords: hashed by argon2id (libsodium), verified by whatever scheme their record is of.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/secret.h"
#include "model/user.h"
#include "sessions/cost_mix.h"

namespace tessera::sessions {

struct PasswordCost {
  unsigned long long passes = 2;
  std::size_t memory_bytes = 19'922'944;  ///< 19 MiB
};

inline constexpr std::size_t kPasswordBytesMax = 128;

/// Whose password is shown; the name as it was shown, whether or not there is such a user.
struct Account {
  model::RealmId realm = 0;
  std::string_view username;
};

/// Safe from any thread. Hashing takes milliseconds: lane `hash` only.
class Passwords {
 public:
  /// `naming_key`: 32 bytes. It chooses the cost of a name that has no record, so that nobody outside can tell which it should be.
  Passwords(PasswordCost cost, Secret naming_key);

  Result<std::string> hash(const Secret& password) const;
  /// False for a wrong password, and for no record ("": no password or no such user) or one out of bounds, after the work of a wrong one.
  bool verify(std::string_view record, const Account& account, const Secret& password) const;
  /// What verify() hashes by: the record, or a dummy that no password matches where it can't be used. A dummy's cost is drawn from those of
  /// the realm's records, for the same name always alike; today's where the realm has none.
  std::string compared_with(std::string_view record, const Account& account) const;
  /// What the realm's records cost, from now on.
  void learn(model::RealmId realm, CostMix mix);
  /// The record was made by another scheme or at other parameters than today's.
  bool outdated(std::string_view record) const;

 private:
  PasswordCost cost_;
  Secret naming_key_;
  std::string dummy_random_;
  mutable std::mutex mixes_mutex_;
  std::unordered_map<model::RealmId, CostMix> mixes_;
};

}  // namespace tessera::sessions
