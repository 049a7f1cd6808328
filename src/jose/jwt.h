// JWS compact serialization of JWTs (RFC 7515, 7519; hardened as RFC 8725 asks).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/jwk.h"

namespace tessera::jose {

/// A token taken apart, nothing verified yet. Views into the caller's text, but for the decoded parts.
struct ParsedJwt {
  std::string alg;
  std::string kid;  ///< an opaque map key; at most 128 bytes
  std::string typ;  ///< as sent; "" when absent
  std::string_view signing_input;
  std::string payload;    ///< decoded JSON text of the claims, not yet parsed
  std::string signature;  ///< decoded
};

/// Takes a compact JWS apart. Refuses: more than 16 KB, not three parts, non-canonical base64url, a header that is not a flat JSON object,
/// members given twice, `crit`, `jwk`, `jku`, `x5u`, `x5c`, `zip`, `b64`, `enc`, `p2c`, alg "none". Errors: token_malformed.
Result<ParsedJwt> parse_jwt(std::string_view token);

/// Builds tokens of one key and one `typ`: the encoded header is computed once. Immutable, safe from any thread.
class JwtBuilder {
 public:
  /// `typ` is the header's ("at+jwt", "JWT").
  JwtBuilder(SigningKey key, std::string_view typ);
  const SigningKey& key() const { return key_; }
  /// header.payload.signature for a payload that is JSON text.
  Result<std::string> sign(std::string_view payload_json) const;

 private:
  SigningKey key_;
  std::string header_;  ///< encoded, with the dot
};

}  // namespace tessera::jose
