// PBKDF2 with HMAC-SHA-512.
#include <openssl/evp.h>

#include "sessions/pbkdf2.h"

namespace tessera::sessions {
namespace {

bool matches(const PasswordRecord& record, std::string_view password) { return pbkdf2_matches(EVP_sha512(), record, password); }

}  // namespace

Scheme scheme_pbkdf2_sha512() { return {"pbkdf2-sha512", read_pbkdf2, matches}; }

}  // namespace tessera::sessions
