// What stands between a sign-in and its tokens: the code, and what the user agreed to.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/handle.h"
#include "model/realm.h"
#include "model/revocation.h"

namespace tessera::model {

/// How a client proves that it asked for the code (RFC 7636, 4.2).
enum class ChallengeMethod : std::uint8_t { none, plain, s256 };

/// What an authorization request asked for, as far as its redemption depends on it.
struct CodeTerms {
  std::string redirect_uri;
  bool redirect_uri_given = false;  ///< in the request: then the redemption has to repeat it (RFC 6749, 4.1.3)
  std::string scope;                ///< as granted
  std::string nonce;
  std::string challenge;
  ChallengeMethod challenge_method = ChallengeMethod::none;
  std::string acr;
  std::string claims;  ///< to be told beside the scope (policy/claims.h); "" for none
  friend bool operator==(const CodeTerms&, const CodeTerms&) = default;
};

/// How long one may be redeemed.
inline constexpr std::int64_t kCodeTtlS = 60;

/// An authorization code as it is kept. The code itself is kept nowhere.
struct AuthorizationCode {
  std::string digest;  ///< SHA-256 of the code, raw
  RealmId realm = 0;
  Handle client;
  Handle user;
  Handle session;
  Handle consent;  ///< empty where none was needed
  CodeTerms terms;
  std::int64_t expires_at_s = 0;
  Rev rev = 0;  ///< at creation
  bool spent = false;
  Handle family;  ///< what it was redeemed for; empty for one that is not, or was spent in vain
};

/// Whether a code may be redeemed then. One that is yet to be issued had expired before the clock was set back.
inline bool is_in_time(const AuthorizationCode& code, std::int64_t now_s) {
  return now_s < code.expires_at_s && now_s + base::kClockLeewayS >= code.expires_at_s - kCodeTtlS;
}

/// What a user lets a client do.
struct Consent {
  Handle handle;
  RealmId realm = 0;
  Handle user;
  Handle client;
  std::string scope;
  bool remembered = false;            ///< something is
  std::string remembered_scope = {};  ///< asked again only for more than that
  TimePoint granted_at;
};

}  // namespace tessera::model
