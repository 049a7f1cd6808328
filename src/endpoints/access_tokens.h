// Judging a presented access token against its realm.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "keys/keyring.h"
#include "model/realm.h"
#include "model/token.h"
#include "revocation/revocations.h"
#include "tokens/issuer.h"
#include "verifier/verifier.h"

namespace tessera::endpoints {

/// Safe from any thread.
class AccessTokens {
 public:
  AccessTokens(const verifier::Verifier& verifier, const keys::Keyring& keyring, const revocation::Revocations& revocations,
               const tokens::Issuer& issuer)
      : verifier_(verifier), keyring_(keyring), revocations_(revocations), issuer_(issuer) {}

  /// The token's content if it lives and is for `audience` ("": any). Errors: the verifier's.
  Result<std::shared_ptr<const model::AccessToken>> judge(const model::Realm& realm, std::string_view token, TimePoint now,
                                                          std::string_view audience = {}) const;

 private:
  const verifier::Verifier& verifier_;
  const keys::Keyring& keyring_;
  const revocation::Revocations& revocations_;
  const tokens::Issuer& issuer_;
};

}  // namespace tessera::endpoints
