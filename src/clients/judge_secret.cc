#include "clients/method.h"

namespace tessera::clients {
namespace {

constexpr std::size_t kLiveSecretsMax = 2;

bool expired(const model::ClientSecret& secret, std::int64_t now_s) { return secret.expires_at_s != 0 && secret.expires_at_s <= now_s; }

/// A record that no secret matches.
const model::ClientSecret& dummy() {
  static const model::ClientSecret record{.scheme = model::ClientSecret::Scheme::sha256, .hash = std::string(32, '\0')};
  return record;
}

}  // namespace

Proof judge_secret(const Attempt& attempt) {
  const std::string_view shown = attempt.credential().secret.reveal();
  bool matched_expired = false;
  std::size_t compared = 0;
  for (const model::ClientSecret& secret : attempt.entry.secrets) {
    ++compared;
    if (!attempt.hasher.matches(secret, shown) || secret.deleted || shown.empty()) continue;
    if (!expired(secret, base::to_s(attempt.turn.now))) return &secret;
    matched_expired = true;
  }
  for (; compared < kLiveSecretsMax; ++compared) (void)attempt.hasher.matches(dummy(), shown);
  if (shown.empty()) return fail(Reason::client_secret_missing);
  return fail(matched_expired ? Reason::client_secret_expired : Reason::client_secret_wrong);
}

void judge_nothing(const SecretHasher& hasher, std::string_view shown) {
  for (std::size_t compared = 0; compared < kLiveSecretsMax; ++compared) (void)hasher.matches(dummy(), shown);
}

}  // namespace tessera::clients
