#include "store/code_terms.h"

#include <boost/json/parse.hpp>

namespace tessera::store {
namespace {

std::string text_of(const boost::json::object& json, std::string_view name) {
  const auto* const value = json.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

// Most codes have few of these: an absent one is empty.
boost::json::object to_json(const model::CodeTerms& terms) {
  boost::json::object json{{"redirect_uri", terms.redirect_uri}, {"scope", terms.scope}};
  if (terms.redirect_uri_given) json["redirect_uri_given"] = true;
  if (!terms.nonce.empty()) json["nonce"] = terms.nonce;
  if (!terms.challenge.empty()) json["challenge"] = terms.challenge;
  if (terms.challenge_method != model::ChallengeMethod::none) json["challenge_method"] = static_cast<int>(terms.challenge_method);
  if (!terms.acr.empty()) json["acr"] = terms.acr;
  if (!terms.claims.empty()) json["claims"] = terms.claims;
  return json;
}

Result<model::CodeTerms> code_terms_of(std::string_view document) {
  boost::system::error_code malformed;
  const auto json = boost::json::parse(boost::json::string_view(document.data(), document.size()), malformed);
  const auto* const object = malformed ? nullptr : json.if_object();
  if (object == nullptr) return fail(Reason::store_corrupt, "a stored code's terms are no JSON object");
  const auto* const method = object->if_contains("challenge_method");
  return model::CodeTerms{.redirect_uri = text_of(*object, "redirect_uri"),
                          .redirect_uri_given = object->contains("redirect_uri_given"),
                          .scope = text_of(*object, "scope"),
                          .nonce = text_of(*object, "nonce"),
                          .challenge = text_of(*object, "challenge"),
                          .challenge_method = method && method->is_int64() ? static_cast<model::ChallengeMethod>(method->get_int64())
                                                                           : model::ChallengeMethod::none,
                          .acr = text_of(*object, "acr"),
                          .claims = text_of(*object, "claims")};
}

}  // namespace tessera::store
