#include "tokens/id_claims.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/digest.h"
#include "policy/scope.h"

namespace tessera::tokens {
namespace {

constexpr std::array<std::string_view, 9> kProfileAttributes{"middle_name", "nickname",  "profile",  "picture", "website",
                                                             "gender",      "birthdate", "zoneinfo", "locale"};
constexpr std::array<std::string_view, 5> kAddressAttributes{"street_address", "locality", "region", "postal_code", "country"};

const model::FieldValue* find_attribute(const model::User& user, std::string_view name) {
  const auto found = user.profile.attributes.find(std::string(name));
  return found == user.profile.attributes.end() ? nullptr : &found->second;
}

void write_text(jose::JsonWriter& claims, std::string_view name, const std::string& text) {
  if (!text.empty()) claims.field(name, text);
}

void write_attribute(jose::JsonWriter& claims, const model::User& user, std::string_view name) {
  if (const auto* const value = find_attribute(user, name)) write_text(claims, name, value->text);
}

void write_profile(jose::JsonWriter& claims, const model::User& user) {
  write_names(claims, user);
  for (const auto name : kProfileAttributes) write_attribute(claims, user, name);
}

void write_address(jose::JsonWriter& claims, const model::User& user) {
  jose::JsonWriter address;
  bool any = false;
  for (const auto name : kAddressAttributes) {
    const auto* const value = find_attribute(user, name);
    if (value == nullptr) continue;
    address.field(name, value->text);
    any = true;
  }
  if (any) claims.raw("address", std::move(address).finish());
}

/// The left half of the hash that the ID token's own algorithm uses (3.1.3.6 and 3.3.2.11). EdDSA's name says none, but Ed25519 is made
/// with SHA-512 (RFC 8032, 5.1), and so clients reckon.
std::string half_hash(jose::Alg alg, std::string_view text) {
  const std::string hash = alg == jose::Alg::eddsa ? base::sha512(text) : base::sha256(text);
  return base::base64url_encode(std::string_view(hash).substr(0, hash.size() / 2));
}

}  // namespace

void write_names(jose::JsonWriter& claims, const model::User& user) {
  const std::string& given = user.profile.given_name;
  const std::string& family = user.profile.family_name;
  if (!given.empty() || !family.empty()) claims.field("name", given.empty() || family.empty() ? given + family : given + ' ' + family);
  claims.field("preferred_username", user.username);
  write_text(claims, "given_name", given);
  write_text(claims, "family_name", family);
}

void write_person(jose::JsonWriter& claims, const model::User& user, std::string_view scope) {
  if (policy::has_scope_word(scope, "profile")) write_profile(claims, user);
  if (policy::has_scope_word(scope, "email") && !user.profile.email.empty()) {
    claims.field("email", user.profile.email);
    claims.field("email_verified", user.profile.email_verified);
  }
  if (policy::has_scope_word(scope, "address")) write_address(claims, user);
  if (policy::has_scope_word(scope, "phone")) write_attribute(claims, user, "phone_number");
}

std::vector<std::string_view> person_claims(const std::vector<std::string>& scopes) {
  std::vector<std::string_view> names;
  const auto has = [&scopes](std::string_view word) { return std::find(scopes.begin(), scopes.end(), word) != scopes.end(); };
  if (has("profile")) {
    names.insert(names.end(), {"name", "preferred_username", "given_name", "family_name"});
    names.insert(names.end(), kProfileAttributes.begin(), kProfileAttributes.end());
  }
  if (has("email")) names.insert(names.end(), {"email", "email_verified"});
  if (has("address")) names.emplace_back("address");
  if (has("phone")) names.emplace_back("phone_number");
  return names;
}

std::string userinfo_claims(const UserinfoInput& input) {
  jose::JsonWriter claims;
  claims.field("sub", input.subject);
  if (!input.audience.empty()) claims.field("iss", input.issuer).field("aud", input.audience);
  write_person(claims, input.user, input.scope);
  return std::move(claims).finish();
}

std::string id_claims(const IdClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  const bool keycloak = authorization.client->policy->claims_profile == "keycloak";
  jose::JsonWriter claims;
  claims.field("exp", authorization.expires_at_s);
  claims.field("iat", input.issued_at_s);
  if (authorization.auth_time_s != 0) claims.field("auth_time", authorization.auth_time_s);
  claims.field("jti", Handle::random().uuid());
  claims.field("iss", input.issuer);
  claims.field("aud", authorization.client->client_id);
  claims.field("sub", input.subject);
  claims.field("typ", "ID");
  claims.field("azp", authorization.client->client_id);
  if (!authorization.nonce.empty()) claims.field("nonce", authorization.nonce);
  if (authorization.lineage.session) claims.field("sid", authorization.lineage.session.uuid());
  claims.field("at_hash", half_hash(input.alg, input.access_token));
  if (!authorization.code.empty() && !keycloak) claims.field("c_hash", half_hash(input.alg, authorization.code));
  claims.field("acr", "1");
  if (keycloak && !policy::has_scope_word(authorization.scope, "email"))
    claims.field("email_verified", authorization.user->profile.email_verified);
  if (keycloak && !policy::has_scope_word(authorization.scope, "profile")) claims.field("preferred_username", authorization.user->username);
  write_person(claims, *authorization.user, authorization.scope);
  return std::move(claims).finish();
}

}  // namespace tessera::tokens
