// Refresh tokens in either form: opaque, or Keycloak's JWT signed HS512 under a key that no JWKS shows.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "base/recent_map.h"
#include "base/result.h"
#include "keys/keyring.h"
#include "model/token.h"
#include "sessions/refresh_token.h"

namespace tessera::tokens {

/// A refresh token as it was shown. Its JWT form is proven by its signature; the opaque form once its family is known (`authentic`).
struct ShownRefreshToken {
  Handle family;
  std::int64_t generation = 0;
  std::int64_t issued_at_s = 0;   ///< 0 for the opaque form
  std::int64_t expires_at_s = 0;  ///< 0: the row alone decides
  std::optional<sessions::RefreshTokenParts> opaque;
};

/// The user granted offline_access: the family has no end but its idle lifetime.
bool is_offline(const model::Family& family);

/// What a refresh JWT says of whose it is, as the access token beside it does.
struct RefreshTokenNames {
  std::string_view issuer;
  std::string_view subject;
};

/// Safe from any thread.
class RefreshTokens {
 public:
  RefreshTokens(const keys::Keyring& keyring, std::int64_t epoch);

  /// The refresh token of the authorization's family at its present generation, in the client's format.
  /// Errors: key_missing.
  Result<std::string> mint(const model::Authorization& authorization, const RefreshTokenNames& names, TimePoint now) const;
  /// When that token ends, as far as can be told now; 0: never.
  static std::int64_t expires_at_s(const model::Family& family, TimePoint now);

  /// Reads either form. Errors: refresh_malformed.
  Result<ShownRefreshToken> read(model::RealmId realm, std::string_view issuer, std::string_view text) const;
  /// True when the family is of this epoch and the opaque form's MAC is its own.
  bool authentic(const ShownRefreshToken& shown, const model::Family& family) const;

 private:
  Result<std::string> mint_jwt(const model::Authorization& authorization, const RefreshTokenNames& names, TimePoint now) const;
  Result<ShownRefreshToken> read_jwt(model::RealmId realm, std::string_view issuer, std::string_view text) const;

  std::shared_ptr<const Secret> mac_key(model::RealmId realm, const std::string& kid, const Secret& server_key) const;

  const keys::Keyring& keyring_;
  std::int64_t epoch_;
  mutable std::mutex mac_keys_mutex_;
  /// By kid: deriving one costs twice what its use does.
  mutable base::RecentMap<std::string, std::shared_ptr<const Secret>> mac_keys_;
};

}  // namespace tessera::tokens
