#include "tokens/id_claims.h"

#include <array>

#include "base/base64url.h"
#include "base/digest.h"
#include "policy/scope.h"

namespace tessera::tokens {
namespace {

constexpr std::array<std::string_view, 5> kAddressAttributes{"street_address", "locality", "region", "postal_code", "country"};

constexpr std::string_view kKeycloak = "keycloak";
constexpr std::string_view kVerified = "email_verified";
constexpr std::array<std::string_view, 4> kNames{"name", "preferred_username", "given_name", "family_name"};

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

/// Nothing is verified of an address that is not there.
void write_verified(jose::JsonWriter& claims, const model::UserProfile& profile) {
  if (!profile.email.empty()) claims.field("email_verified", profile.email_verified);
}

std::string full_name(const model::UserProfile& profile) {
  const bool both = !profile.given_name.empty() && !profile.family_name.empty();
  return profile.given_name + (both ? " " : "") + profile.family_name;
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

/// One claim, if the user has it. Attributes named as the standard claims stand for those that Tessera has no field for.
void write_claim(jose::JsonWriter& claims, const model::User& user, std::string_view name) {
  const model::UserProfile& profile = user.profile;
  if (name == "name")
    write_text(claims, name, full_name(profile));
  else if (name == "preferred_username")
    claims.field(name, user.username);
  else if (name == "given_name")
    write_text(claims, name, profile.given_name);
  else if (name == "family_name")
    write_text(claims, name, profile.family_name);
  else if (name == "email")
    write_text(claims, name, profile.email);
  else if (name == "email_verified")
    write_verified(claims, profile);
  else if (name == "address")
    write_address(claims, user);
  else
    write_attribute(claims, user, name);
}

/// The left half of the hash that the ID token's own algorithm uses (3.1.3.6 and 3.3.2.11). EdDSA's name says none, but Ed25519 is made
/// with SHA-512 (RFC 8032, 5.1), and so clients reckon.
std::string half_hash(jose::Alg alg, std::string_view text) {
  const std::string hash = alg == jose::Alg::eddsa ? base::sha512(text) : base::sha256(text);
  return base::base64url_encode(std::string_view(hash).substr(0, hash.size() / 2));
}

/// What Keycloak's ID tokens say whatever the scope, and first whether the address is verified.
void write_keycloak_person(jose::JsonWriter& claims, const model::User& user, const Told& told) {
  claims.field(kVerified, user.profile.email_verified);
  if (!told.tells(*policy::find_person_claim("preferred_username"))) claims.field("preferred_username", user.username);
}

}  // namespace

void write_names(jose::JsonWriter& claims, const model::User& user) {
  for (const auto name : kNames) write_claim(claims, user, name);
}

void write_person(jose::JsonWriter& claims, const model::User& user, const Told& told) {
  for (const auto& claim : policy::person_claims()) {
    if (!told.tells(claim) || (told.verified_said && claim.name == kVerified)) continue;
    write_claim(claims, user, claim.name);
  }
}

std::string userinfo_claims(const UserinfoInput& input) {
  jose::JsonWriter claims;
  claims.field("sub", input.subject);
  if (!input.audience.empty()) claims.field("iss", input.issuer).field("aud", input.audience);
  Told told{.scope = input.scope, .claims = input.claims};
  told.verified_said = input.profile == kKeycloak && told.tells(*policy::find_person_claim(kVerified));
  if (told.verified_said) claims.field(kVerified, input.user.profile.email_verified);
  write_person(claims, input.user, told);
  return std::move(claims).finish();
}

std::string id_claims(const IdClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  const bool keycloak = authorization.client->policy->claims_profile == kKeycloak;
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
  claims.field("acr", kAcr);
  const std::string asked = policy::claims_in(policy::kInIdToken, authorization.claims);
  const Told told{.scope = authorization.scope, .claims = asked, .verified_said = keycloak};
  if (keycloak) write_keycloak_person(claims, *authorization.user, told);
  write_person(claims, *authorization.user, told);
  return std::move(claims).finish();
}

}  // namespace tessera::tokens
