// token -> key -> time -> audience -> lineage. One call, one result type.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "jose/jwk.h"
#include "model/token.h"
#include "verifier/revocation_index.h"

namespace tessera::verifier {

/// What a realm's tokens are judged by, as of one moment.
struct Trust {
  std::string issuer;
  /// The key of that kid; null when the realm holds none. Called for every token: a key that is gone kills at once.
  std::function<const jose::VerifyKey*(std::string_view kid)> key;
  const RevocationIndex* revocations = nullptr;  ///< null: no token can be judged, and none is accepted
};

/// Judges access tokens. Keeps a bounded cache of tokens whose signature was verified; every call checks key, time, audience and lineage
/// again. Safe from any thread.
class Verifier {
 public:
  explicit Verifier(std::size_t cache_capacity = 65'536);
  ~Verifier();

  /// The token's content if it lives. `now`: when it must be valid, nothing for any time. `audience`: one it must be for, "" for any.
  /// Errors: token_malformed, token_key_unknown, token_signature_wrong, token_type_wrong, token_issuer_wrong, token_audience_wrong,
  /// token_expired, token_not_yet_valid, token_revoked, token_rev_ahead.
  Result<std::shared_ptr<const model::AccessToken>> verify(std::string_view token, const Trust& trust, std::optional<TimePoint> now,
                                                           std::string_view audience = {}) const;

 private:
  class Cache;
  std::unique_ptr<Cache> cache_;
};

/// Reads the claims of an access token's payload (RFC 9068 names, plus `lineage` and `rev`); refuses members given twice, wrong types, a
/// missing iss, exp, iat, jti, client_id (or azp), lineage or rev, and types other than an access token's. `typ` is the JOSE header's.
Result<model::AccessToken> read_access_claims(std::string_view payload_json, std::string_view typ);

}  // namespace tessera::verifier
