#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/revocation.h"
#include "model/session.h"
#include "model/user.h"

namespace tessera::model {

/// What a verified access token says.
struct AccessToken {
  Handle jti;
  std::string kid;
  std::string issuer;
  std::string client_id;
  std::string subject;
  std::vector<std::string> audience;
  std::string scope;            ///< space-separated words, "" for none
  std::string username;         ///< preferred_username, "" for none
  std::string userinfo_claims;  ///< that userinfo tells beside those of the scope, "" for none
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::int64_t not_before_s = 0;
  bool extended = false;  ///< lifetime beyond the client's ordinary one: refused in a query
  Lineage lineage;
  Rev rev = 0;
  std::string confirmation;  ///< `cnf` as JSON, "" for a bearer token
  std::string claims_json;   ///< the whole payload, as signed
};

/// What any grant yields: who, through which client, may what. The pipeline narrows it, the issuer turns it into tokens.
struct Authorization {
  std::shared_ptr<const Realm> realm;
  std::shared_ptr<const Client> client;
  std::shared_ptr<const User> user;  ///< null for the client itself
  Lineage lineage;
  std::string scope;   ///< as granted; before the pipeline narrows it, as the grant proved it
  std::string claims;  ///< told beside the scope (policy/claims.h); narrowed as the scope is
  std::int64_t auth_time_s = 0;
  std::string nonce;                   ///< of the authorization request, for the ID token
  std::string code;                    ///< that was redeemed, for the ID token's c_hash
  std::int64_t proof_issued_at_s = 0;  ///< when what the grant was shown was issued; 0: just now. Held against every not-before
  std::int64_t expires_at_s = 0;       ///< of the access token
  bool extended = false;               ///< beyond the client's ordinary lifetime
  std::optional<Session> session;      ///< the one it lives in, or the one that consume opens
  std::optional<Family> family;        ///< likewise; after consume, as it stands then
  std::optional<std::string> granted;  ///< the scope that was granted before: the result never exceeds it
  std::int64_t shown_generation = 0;   ///< of the family: the refresh token's that was shown
  bool returns_refresh = false;        ///< the answer carries a refresh token of `family`
};

/// The latest not-before of realm, client and user: what was issued earlier is stale.
inline std::int64_t latest_not_before_s(const Authorization& authorization) {
  const std::int64_t of_user_s = authorization.user ? authorization.user->not_before_s : 0;
  return std::max({authorization.realm->not_before_s, authorization.client->not_before_s, of_user_s});
}

/// A successful token response in standard terms; a dialect says how it looks.
struct TokenSet {
  std::string access_token;
  std::string token_type = "Bearer";
  std::int64_t issued_at_s = 0;
  std::int64_t expires_in_s = 0;
  std::optional<std::string> refresh_token;
  std::optional<std::int64_t> refresh_expires_in_s;
  std::optional<std::string> id_token;
  std::optional<std::string> session_state;
  std::optional<std::string> scope;
  std::int64_t not_before_policy_s = 0;
  std::vector<std::pair<std::string, FieldValue>> custom;  ///< realm's, then client's, in declared order
  Handle jti;                                              ///< for the audit event, like
  std::string subject;                                     ///< whom it is about: the user's id, or the client's own `sub`
};

/// The fields of a token response by their standard names, `custom` standing for all of the operator's own.
inline constexpr std::string_view kTokenFieldNames[] = {
    "access_token",       "token_type", "expires_in",    "expires_at", "refresh_token",     "refresh_expires_in",
    "refresh_expires_at", "id_token",   "session_state", "scope",      "not_before_policy", "custom"};

/// Whether it is one of them: nothing that an operator names may shadow it.
constexpr bool is_token_field(std::string_view name) {
  return std::find(std::begin(kTokenFieldNames), std::end(kTokenFieldNames), name) != std::end(kTokenFieldNames);
}

}  // namespace tessera::model
