// PBKDF2 with HMAC (RFC 8018, 5.2): what its schemes share. They verify what came from elsewhere; nothing is hashed anew by them.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string_view>

#include "base/secret.h"
#include "sessions/scheme.h"

namespace tessera::sessions {

Secret pbkdf2(const EVP_MD* digest, std::string_view password, std::string_view salt, std::uint64_t iterations, std::size_t bytes);

/// As Scheme has them; parameters are "i=ITERATIONS,l=BYTES", the length being a part of the cost: each digest's worth of it is computed
/// anew.
Result<SchemeCost> read_pbkdf2(std::string_view parameters, RecordOrigin origin);
bool pbkdf2_matches(const EVP_MD* digest, const PasswordRecord& record, std::string_view password);

}  // namespace tessera::sessions
