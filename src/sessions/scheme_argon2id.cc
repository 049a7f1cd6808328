// Argon2id, version 1.3 (RFC 9106), as libsodium spells it. libsodium makes one lane only but verifies any number, one after the other.
#include <sodium/crypto_pwhash.h>

#include "sessions/scheme.h"

namespace tessera::sessions {
namespace {

constexpr std::string_view kForm = "v=19$m=KIB,t=PASSES,p=LANES";
constexpr std::uint64_t kLanesMax = 16;
constexpr std::uint64_t kKibPerLaneMin = 8;  // RFC 9106, 3.1; libsodium would refuse less at once, which is quicker than a wrong password

struct Bounds {
  std::uint64_t kib_max;
  std::uint64_t passes_max;
};
constexpr Bounds kOurs{1'048'576, 64};  // as much as can be configured
constexpr Bounds kImported{65'536, 10};

Result<SchemeCost> read(std::string_view text, RecordOrigin origin) {
  const Bounds& bounds = origin == RecordOrigin::ours ? kOurs : kImported;
  const auto version = take_number(text, "v=");
  const auto kib = take_number(text, "$m=");
  const auto passes = take_number(text, ",t=");
  const auto lanes = take_number(text, ",p=");
  if (version != 19 || !kib || !passes || !lanes || !text.empty()) return misspelled(kForm);
  TRY(require_within("lanes (p)", *lanes, {1, kLanesMax}));
  TRY(require_within("memory in KiB (m)", *kib, {kKibPerLaneMin * *lanes, bounds.kib_max}));
  TRY(require_within("passes (t)", *passes, {1, bounds.passes_max}));
  return SchemeCost{};
}

bool matches(const PasswordRecord& record, std::string_view password) {
  return crypto_pwhash_str_verify(std::string(record.text).c_str(), password.data(), password.size()) == 0;
}

}  // namespace

Scheme scheme_argon2id() { return {"argon2id", read, matches}; }

}  // namespace tessera::sessions
