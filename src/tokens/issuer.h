// The only place that mints.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "keys/keyring.h"
#include "model/token.h"
#include "tokens/refresh_tokens.h"

namespace tessera::tokens {

/// `iss` of a realm: "{base}/realms/{realm}".
std::string issuer_of(std::string_view base_url, std::string_view realm);

/// A session that ended, and whose it was.
struct EndedSession {
  Handle user;
  Handle session;
};

/// Turns an authorization into tokens. Writes nothing. Safe from any thread.
class Issuer {
 public:
  /// `base_url`: the configured one, without a slash at its end.
  Issuer(const keys::Keyring& keyring, const RefreshTokens& refresh_tokens, std::string base_url)
      : keyring_(keyring), refresh_tokens_(refresh_tokens), base_url_(std::move(base_url)) {}

  std::string issuer_of(std::string_view realm) const { return tokens::issuer_of(base_url_, realm); }
  const std::string& base_url() const { return base_url_; }

  /// An access token that carries `rev`, a refresh token where the authorization returns one, an ID token where `openid` was granted.
  /// Errors: key_missing, internal.
  Result<model::TokenSet> issue(const model::Authorization& authorization, model::Rev rev, TimePoint now) const;
  /// By which `sub` the client knows that user. Errors: those of tokens::subject_of().
  Result<std::string> subject_of(const model::Realm& realm, const model::Client& client, const Handle& user) const;
  /// Tells a client that a session has ended (OpenID Connect Back-Channel Logout 1.0, 2.4). Good for two minutes. Errors: as issue().
  Result<std::string> logout_token(const model::Realm& realm, const model::Client& client, const EndedSession& ended, TimePoint now) const;

 private:
  const keys::Keyring& keyring_;
  const RefreshTokens& refresh_tokens_;
  std::string base_url_;
};

}  // namespace tessera::tokens
