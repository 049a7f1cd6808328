// PBKDF2 with HMAC-SHA-256.
#include <openssl/evp.h>

#include "sessions/pbkdf2.h"

namespace tessera::sessions {
namespace {

bool matches(const PasswordRecord& record, std::string_view password) { return pbkdf2_matches(EVP_sha256(), record, password); }

}  // namespace

Scheme scheme_pbkdf2_sha256() { return {"pbkdf2-sha256", read_pbkdf2, matches}; }

}  // namespace tessera::sessions
