// PBKDF2 with HMAC-SHA-1, "pbkdf2" by its name in Keycloak.
#include <openssl/evp.h>

#include "sessions/pbkdf2.h"

namespace tessera::sessions {
namespace {

bool matches(const PasswordRecord& record, std::string_view password) { return pbkdf2_matches(EVP_sha1(), record, password); }

}  // namespace

Scheme scheme_pbkdf2_sha1() { return {"pbkdf2", read_pbkdf2, matches}; }

}  // namespace tessera::sessions
