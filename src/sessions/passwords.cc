#include "sessions/passwords.h"

#include <fmt/format.h>
#include <sodium/core.h>
#include <sodium/crypto_pwhash.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/digest.h"
#include "base/random.h"
#include "sessions/password_record.h"

namespace tessera::sessions {
namespace {

std::string random_text(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  base::random_bytes(random);
  return {random.begin(), random.end()};
}

std::string cost_text(const PasswordCost& cost) {
  return fmt::format("$argon2id$v=19$m={},t={},p=1$", cost.memory_bytes / 1'024, cost.passes);
}

/// Where an account stands among all that there could be.
std::uint64_t point_of(const Secret& key, const Account& account) {
  const std::string mac = base::hmac_sha256(key.reveal(), fmt::format("{}/{}", account.realm, model::username_key(account.username)));
  std::uint64_t point = 0;
  std::memcpy(&point, mac.data(), sizeof point);
  return point;
}

}  // namespace

Passwords::Passwords(PasswordCost cost, Secret naming_key)
    : cost_(cost), naming_key_(std::move(naming_key)), dummy_random_(random_text(kDummyBytes)) {
  if (sodium_init() < 0) std::abort();
}

Result<std::string> Passwords::hash(const Secret& password) const {
  if (password.size() > kPasswordBytesMax) return fail(Reason::password_too_long);
  const std::string_view text = password.reveal();
  std::array<char, crypto_pwhash_STRBYTES> record{};
  if (crypto_pwhash_str(record.data(), text.data(), text.size(), cost_.passes, cost_.memory_bytes) != 0)
    return fail(Reason::pool_full, "not enough memory for a password hash");
  return std::string(record.data());
}

bool Passwords::verify(std::string_view record, const Account& account, const Secret& password) const {
  if (password.size() > kPasswordBytesMax) return false;
  return record_matches(compared_with(record, account), password.reveal());
}

std::string Passwords::compared_with(std::string_view record, const Account& account) const {
  if (!cost_of(record).empty()) return std::string(record);
  const std::uint64_t point = point_of(naming_key_, account);
  const std::lock_guard lock(mixes_mutex_);
  const auto mix = mixes_.find(account.realm);
  const std::string cost(mix == mixes_.end() ? std::string_view() : mix->second.at(point));
  return dummy_record(cost.empty() ? cost_text(cost_) : cost, dummy_random_);
}

void Passwords::learn(model::RealmId realm, CostMix mix) {
  const std::lock_guard lock(mixes_mutex_);
  mixes_.insert_or_assign(realm, std::move(mix));
}

bool Passwords::outdated(std::string_view record) const { return cost_of(record) != cost_text(cost_); }

}  // namespace tessera::sessions
