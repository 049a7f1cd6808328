// A certificate around a key, for clients that take a key from `x5c` (RFC 7517, 4.7 to 4.9). It vouches for nothing: it is self-signed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace tessera::jose {

/// X.509 in DER: subject and issuer are CN=`common_name` (1 to 64 characters), valid for ten years from `not_before_s`. Nothing in it is
/// random, and neither is RSA's PKCS#1 v1.5: the same arguments give the same bytes, so that it need not be kept. RSA keys only.
Result<std::string> self_signed_certificate(EVP_PKEY* key, std::string_view common_name, std::int64_t not_before_s);

}  // namespace tessera::jose
