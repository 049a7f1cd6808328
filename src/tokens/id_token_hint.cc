#include "tokens/id_token_hint.h"

#include <boost/json/object.hpp>

#include "jose/json.h"
#include "jose/jwt.h"

namespace tessera::tokens {
namespace {

std::string_view text_of(const boost::json::object& claims, std::string_view name) {
  const auto* const value = claims.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
}

Result<IdTokenHint> read_claims(const boost::json::object& claims, std::string_view issuer) {
  // The type is a claim as well: an access token in Keycloak's form is signed by the same key under the same header.
  if (text_of(claims, "typ") != "ID") return fail(Reason::id_token_hint_invalid, "it is no ID token");
  if (text_of(claims, "iss") != issuer) return fail(Reason::id_token_hint_invalid, "another realm issued it");
  IdTokenHint hint{.client_id = std::string(text_of(claims, "aud")), .subject = std::string(text_of(claims, "sub")), .session = {}};
  if (hint.client_id.empty() || hint.subject.empty()) return fail(Reason::id_token_hint_invalid, "it names no client or no user");
  hint.session = Handle::parse(text_of(claims, "sid")).value_or(Handle{});
  return hint;
}

}  // namespace

Result<IdTokenHint> read_id_token_hint(const keys::Keyring& keyring, const model::Realm& realm, std::string_view issuer,
                                       std::string_view token) {
  const auto parsed = jose::parse_jwt(token);
  if (!parsed) return fail(Reason::id_token_hint_invalid, parsed.error().context);
  const auto keys = keyring.realm(realm.id);
  const auto key = keys ? keys->verify.find(parsed->kid) : decltype(keys->verify.end()){};
  // Symmetric keys sign refresh tokens only.
  if (!keys || key == keys->verify.end() || key->second.alg() == jose::Alg::hs512)
    return fail(Reason::id_token_hint_invalid, "signed under no key of this realm");
  if (parsed->alg != jose::alg_name(key->second.alg()) || parsed->typ != "JWT")
    return fail(Reason::id_token_hint_invalid, "its header is not that of an ID token");
  if (!key->second.verify(parsed->signing_input, parsed->signature))
    return fail(Reason::id_token_hint_invalid, "the signature does not verify");
  const auto claims = jose::parse_json(parsed->payload);
  if (!claims || !claims->is_object()) return fail(Reason::id_token_hint_invalid, "the payload is no JSON object");
  return read_claims(claims->get_object(), issuer);
}

}  // namespace tessera::tokens
