// Sets of public keys that others made (RFC 7517, 5).
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "jose/jwk.h"

namespace tessera::jose {

/// A client publishes few keys: the one that it signs with, and its neighbours in a rotation.
inline constexpr std::size_t kJwksKeysMax = 10;

/// The keys of a set that can verify. Others are passed over (encryption keys, other kinds and sizes: RFC 7517, 5), but a set without any
/// for us is refused, and so are one of more than kJwksKeysMax, one that shows a private key and one in which a kid stands twice.
/// Errors: key_missing, with what is wrong.
Result<std::vector<VerifyKey>> parse_jwks(std::string_view json);

}  // namespace tessera::jose
