// Judging a presented access token against its realm.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "keys/keyring.h"
#include "model/realm.h"
#include "model/token.h"
#include "revocation/revocations.h"
#include "verifier/verifier.h"

namespace tessera::tokens {

/// Safe from any thread.
class AccessTokens {
 public:
  /// `base_url`: the configured one, as the issuer has it.
  AccessTokens(const verifier::Verifier& verifier, const keys::Keyring& keyring, const revocation::Revocations& revocations,
               std::string base_url)
      : verifier_(verifier), keyring_(keyring), revocations_(revocations), base_url_(std::move(base_url)) {}

  /// The token's content if it lives at `now` (nothing: at any time) and is for `audience` ("": any). Errors: the verifier's.
  Result<std::shared_ptr<const model::AccessToken>> judge(const model::Realm& realm, std::string_view token, std::optional<TimePoint> now,
                                                          std::string_view audience = {}) const;

 private:
  const verifier::Verifier& verifier_;
  const keys::Keyring& keyring_;
  const revocation::Revocations& revocations_;
  std::string base_url_;
};

}  // namespace tessera::tokens
