// What is said of a user: in ID tokens, and by the userinfo endpoint (OpenID Connect Core, 2 and 5).
#pragma once

#include <string>
#include <string_view>

#include "jose/json.h"
#include "jose/jwk.h"
#include "model/token.h"
#include "policy/claims.h"

namespace tessera::tokens {

/// The authentication context class that there is (2): a password.
inline constexpr std::string_view kAcr = "1";

struct IdClaimsInput {
  const model::Authorization& authorization;
  std::string_view issuer;
  std::string_view subject;  ///< `sub`
  std::string_view access_token;
  std::int64_t issued_at_s;
  jose::Alg alg;  ///< by which it is going to be signed: the hashes go with it
};

/// The payload of an ID token.
std::string id_claims(const IdClaimsInput& input);

struct UserinfoInput {
  const model::User& user;
  std::string_view subject;        ///< `sub`
  std::string_view scope;          ///< of the access token
  std::string_view claims = {};    ///< told besides
  std::string_view issuer = {};    ///< said, as the next, where it goes out as a JWT
  std::string_view audience = {};  ///< "": as JSON
  std::string_view profile = {};   ///< the client's claims profile: Keycloak's has an order of its own
};

/// The userinfo answer (5.3.2).
std::string userinfo_claims(const UserinfoInput& input);

/// The user's names alone: name, preferred_username, given_name, family_name (5.1).
void write_names(jose::JsonWriter& claims, const model::User& user);

/// What of a user may be told.
struct Told {
  std::string_view scope;        ///< as granted: profile, email, address, phone (5.4)
  std::string_view claims = {};  ///< and these besides (5.5)
  bool verified_said = false;    ///< `email_verified` stands in the token already

  bool tells(const policy::PersonClaim& claim) const {
    return policy::has_scope_word(scope, claim.scope) || policy::has_scope_word(claims, claim.name);
  }
};

/// Each claim that may be told and that the user has.
void write_person(jose::JsonWriter& claims, const model::User& user, const Told& told);

}  // namespace tessera::tokens
