// From what a client says to what it is registered as, and back.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

#include "policy/sector.h"
#include "registration/metadata.h"

namespace tessera::registration {
namespace {

namespace json = boost::json;

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> words_of(std::string_view scope) {
  std::vector<std::string> words;
  while (!scope.empty()) {
    const auto end = std::min(scope.find(' '), scope.size());
    if (end > 0 && !contains(words, scope.substr(0, end))) words.emplace_back(scope.substr(0, end));
    scope.remove_prefix(std::min(end + 1, scope.size()));
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// JSON of ours, as it was written; null for what can't be read.
json::value kept_json(std::string_view text) {
  boost::system::error_code malformed;
  auto value = json::parse(json::string_view(text.data(), text.size()), malformed);
  return malformed ? json::value() : value;
}

Status take_method(const Metadata& said, const model::RealmPolicy& realm, model::Client& client) {
  auto& policy = client.policy.edit();
  client.is_public = said.auth_method == "none";
  policy.token_endpoint_auth_method = client.is_public ? "" : said.auth_method;
  policy.jwks = said.jwks;
  policy.jwks_uri = said.jwks_uri;
  policy.token_endpoint_audience = false;
  const auto& methods = realm.registration_auth_methods;
  const bool by_secret = contains(methods, "client_secret_basic") && contains(methods, "client_secret_post");
  if (said.auth_method.empty() ? !by_secret : !contains(methods, said.auth_method))
    return refuse_member("token_endpoint_auth_method", "is none of: " + joined(methods));
  if (said.auth_method == "private_key_jwt" && said.jwks.empty() && said.jwks_uri.empty())
    return refuse_member("jwks", "is missing, and jwks_uri too: private_key_jwt needs one of them");
  return {};
}

Status take_grants(const Metadata& said, const model::ClientPolicy& likeness, model::Client& client) {
  auto& policy = client.policy.edit();
  policy.grants = said.grant_types;
  for (const auto& grant : said.grant_types)
    if (!contains(likeness.grants, grant)) return refuse_member("grant_types", "holds one that is none of: " + joined(likeness.grants));
  if (client.is_public && contains(policy.grants, "client_credentials"))
    return refuse_member("grant_types", "holds client_credentials, which a client without authentication can't use");
  if (client.is_public && !policy.public_refresh_without_rotation) policy.refresh_mode = model::RefreshMode::rotate;

  const bool signs_in = contains(policy.grants, "authorization_code");
  const std::vector<std::string> usual = signs_in ? std::vector<std::string>{"code"} : std::vector<std::string>{};
  if (said.response_types && *said.response_types != usual)
    return refuse_member("response_types", signs_in ? "is not just code" : "is not empty, and grant_types lacks authorization_code");
  if (signs_in && said.redirect_uris.empty())
    return refuse_member("redirect_uris", "is missing: authorization_code needs it", Reason::metadata_redirect_uri_invalid);
  return {};
}

Status take_scope(const Metadata& said, const model::ClientPolicy& likeness, model::ClientPolicy& policy) {
  if (!said.scope) return {};
  policy.scopes = words_of(*said.scope);
  for (const auto& word : policy.scopes)
    if (!contains(likeness.scopes, word)) return refuse_member("scope", "holds a word that clients may not register here");
  std::erase_if(policy.default_scopes, [&](const std::string& word) { return !contains(policy.scopes, word); });
  return {};
}

/// Of the algorithms that the realm has keys for, whoever else there is: its own, and those of the template.
Status take_algs(const Metadata& said, const model::RealmPolicy& realm, const model::ClientPolicy& likeness, model::ClientPolicy& policy) {
  const std::vector<std::string> usable = {likeness.id_token_signed_response_alg, realm.signing_alg, policy.id_token_signed_response_alg};
  const auto require = [&](std::string_view member, const std::string& alg) -> Status {
    if (alg.empty() || contains(usable, alg) || alg == likeness.userinfo_signed_response_alg) return {};
    return refuse_member(member, usable[0] == usable[1] ? "is not " + usable[0] : "is neither " + usable[0] + " nor " + usable[1]);
  };
  TRY(require("id_token_signed_response_alg", said.id_token_alg));
  TRY(require("userinfo_signed_response_alg", said.userinfo_alg));
  if (!said.id_token_alg.empty()) policy.id_token_signed_response_alg = said.id_token_alg;
  policy.userinfo_signed_response_alg = said.userinfo_alg;
  return {};
}

std::string_view subject_type_of(const model::ClientPolicy& policy) {
  return policy.subject_type == model::SubjectType::pairwise ? "pairwise" : "public";
}

/// `policy` has its redirect URIs, by which the sector is known.
Status require_subjects(const Metadata& said, const model::ClientPolicy& policy) {
  const std::string_view type = subject_type_of(policy);
  if (!said.subject_type.empty() && said.subject_type != type) return refuse_member("subject_type", "is not " + std::string(type));
  if (policy.subject_type != model::SubjectType::pairwise) return {};
  const auto fault = policy::sector_fault(policy);
  return fault.empty() ? Status{} : refuse_member("redirect_uris", "do not make a sector: the client " + std::string(fault));
}

}  // namespace

Result<model::Client> shape_client(const Metadata& said, const model::ClientPolicy& base, const model::ClientPolicy& bounds,
                                   const model::RealmPolicy& realm) {
  model::Client client;
  client.policy.edit() = base;
  TRY(take_method(said, realm, client));
  TRY(take_grants(said, bounds, client));
  auto& policy = client.policy.edit();
  TRY(take_scope(said, bounds, policy));
  TRY(take_algs(said, realm, bounds, policy));
  policy.name = said.client_name;
  policy.redirect_uris = said.redirect_uris;
  policy.redirect_trailing_star = false;
  policy.post_logout_redirect_uris = said.post_logout_redirect_uris;
  policy.backchannel_logout_uri = said.backchannel_logout_uri;
  policy.backchannel_logout_session_required = said.backchannel_logout_session_required;
  TRY(require_subjects(said, policy));
  return client;
}

json::object describe(const model::Client& client, std::string_view about) {
  const auto& policy = *client.policy;
  const bool signs_in = contains(policy.grants, "authorization_code");
  json::object told;
  if (!policy.name.empty()) told["client_name"] = policy.name;
  told["redirect_uris"] = json::value_from(policy.redirect_uris);
  told["grant_types"] = json::value_from(policy.grants);
  told["response_types"] = signs_in ? json::array{"code"} : json::array{};
  const auto& method = policy.token_endpoint_auth_method;
  told["token_endpoint_auth_method"] = client.is_public ? "none" : method.empty() ? "client_secret_basic" : method;
  told["scope"] = joined(policy.scopes);
  if (!policy.jwks.empty()) told["jwks"] = kept_json(policy.jwks);
  if (!policy.jwks_uri.empty()) told["jwks_uri"] = policy.jwks_uri;
  if (signs_in) told["id_token_signed_response_alg"] = policy.id_token_signed_response_alg;
  if (signs_in) told["subject_type"] = subject_type_of(policy);
  if (!policy.userinfo_signed_response_alg.empty()) told["userinfo_signed_response_alg"] = policy.userinfo_signed_response_alg;
  if (!policy.post_logout_redirect_uris.empty()) told["post_logout_redirect_uris"] = json::value_from(policy.post_logout_redirect_uris);
  if (!policy.backchannel_logout_uri.empty()) {
    told["backchannel_logout_uri"] = policy.backchannel_logout_uri;
    told["backchannel_logout_session_required"] = policy.backchannel_logout_session_required;
  }
  const auto kept = kept_json(about);
  if (const auto* const members = kept.if_object())
    for (const auto& [name, value] : *members) told[name] = value;
  return told;
}

bool has_secret(const model::Client& client) { return !client.is_public && client.policy->token_endpoint_auth_method != "private_key_jwt"; }

}  // namespace tessera::registration
