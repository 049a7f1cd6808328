// What is said of a user: in ID tokens, and by the userinfo endpoint (OpenID Connect Core, 2 and 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jose/json.h"
#include "jose/jwk.h"
#include "model/token.h"

namespace tessera::tokens {

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
  std::string_view issuer = {};    ///< said, as the next, where it goes out as a JWT
  std::string_view audience = {};  ///< "": as JSON
};

/// The userinfo answer (5.3.2).
std::string userinfo_claims(const UserinfoInput& input);

/// The claims that these scopes can tell of a user, as write_person() names them.
std::vector<std::string_view> person_claims(const std::vector<std::string>& scopes);

/// The user's names alone: name, preferred_username, given_name, family_name (5.1).
void write_names(jose::JsonWriter& claims, const model::User& user);

/// What the granted scope tells of the user: profile, email, address, phone (5.4). Attributes of the user's named as the standard claims
/// stand for those that Tessera has no field for.
void write_person(jose::JsonWriter& claims, const model::User& user, std::string_view scope);

}  // namespace tessera::tokens
