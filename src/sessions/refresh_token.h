// The opaque refresh token: computed, not stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "base/secret.h"
#include "model/revocation.h"
#include "model/session.h"

namespace tessera::sessions {

/// What a refresh token says before its MAC was checked.
struct RefreshTokenParts {
  std::string kid;  ///< the server key it names
  Handle family;
  std::int64_t generation = 0;
  std::string mac;
};

/// "tsr_" + base64url(kid 16 | family 16 | generation 8 big-endian | MAC 32). Errors: refresh_malformed.
Result<RefreshTokenParts> parse_refresh_token(std::string_view text);

/// HKDF(server key; realm, epoch): what refresh tokens of that realm are made and checked with.
Secret derive_refresh_key(const Secret& server_key, model::RealmId realm, std::int64_t epoch);

/// `key` is derived from the server key `kid`; the MAC is over purpose, family, generation and the family's nonce.
std::string mint_refresh_token(std::string_view kid, const Secret& key, const model::Family& family);

/// Constant-time comparison of the MAC of generation `parts.generation` of that family.
bool refresh_mac_matches(const RefreshTokenParts& parts, const Secret& key, const model::Family& family);

}  // namespace tessera::sessions
