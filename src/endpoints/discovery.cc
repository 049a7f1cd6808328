// What a mount can do, by the names of OpenID Connect Discovery 1.0, 3; RFC 8414, 2; RFC 9207, 3.
#include <algorithm>

#include "endpoints/endpoints.h"
#include "jose/json.h"
#include "tokens/claims.h"
#include "tokens/id_claims.h"

namespace tessera::endpoints {

namespace {

using model::EndpointKind;

std::string json_array(const std::vector<std::string_view>& items) {
  return tokens::string_array(std::vector<std::string>(items.begin(), items.end()));
}

/// Puts one document together: every member says what is mounted, or nothing.
class Metadata {
 public:
  Metadata(const Services& services, const model::EndpointRequest& request, const model::Realm& realm, const keys::RealmKeys& keys)
      : services_(services), request_(request), realm_(realm), keys_(keys) {}

  std::string write() && {
    json_.field("issuer", services_.issuer.issuer_of(realm_.name));
    write_endpoints();
    write_authorization();
    write_identity();
    write_client_authentication();
    return std::move(json_).finish();
  }

 private:
  bool has(EndpointKind kind) const { return !services_.path_of(request_, kind).empty(); }
  /// Only a Keycloak publishes certificates with its keys.
  bool as_keycloak() const { return has(EndpointKind::certs); }

  void endpoint(std::string_view name, EndpointKind kind) {
    const std::string path = services_.path_of(request_, kind);
    if (!path.empty()) json_.field(name, services_.issuer.base_url() + path);
  }
  void array(std::string_view name, const std::vector<std::string_view>& items) { json_.raw(name, json_array(items)); }

  void write_endpoints() {
    endpoint("authorization_endpoint", EndpointKind::authorize);
    endpoint("token_endpoint", EndpointKind::token);
    endpoint("introspection_endpoint", EndpointKind::introspect);
    endpoint("userinfo_endpoint", EndpointKind::userinfo);
    endpoint("revocation_endpoint", EndpointKind::revoke);
    if (!realm_.policy.registration_template.empty()) endpoint("registration_endpoint", EndpointKind::registration);
    endpoint("end_session_endpoint", EndpointKind::logout);
    endpoint("check_session_iframe", EndpointKind::session_status);
    if (has(EndpointKind::logout)) {
      json_.field("backchannel_logout_supported", true);
      json_.field("backchannel_logout_session_supported", true);
    }
    endpoint("jwks_uri", as_keycloak() ? EndpointKind::certs : EndpointKind::jwks);
  }

  void write_authorization() {
    auto grants = services_.pipeline.grant_types();
    const bool signs_in = has(EndpointKind::authorize);
    if (!signs_in) std::erase(grants, "authorization_code");
    array("grant_types_supported", {grants.begin(), grants.end()});
    // Without an authorization endpoint there is no response type to ask for (RFC 8414, 2 wants the member all the same).
    array("response_types_supported", signs_in ? std::vector<std::string_view>{"code"} : std::vector<std::string_view>{});
    if (!signs_in) return;
    array("response_modes_supported", {"query", "fragment", "form_post"});
    // Keycloak names both for every client; here `plain` takes the client's own setting too.
    array("code_challenge_methods_supported",
          as_keycloak() ? std::vector<std::string_view>{"plain", "S256"} : std::vector<std::string_view>{"S256"});
    array("prompt_values_supported", {"none", "login", "consent", "select_account"});
    array("ui_locales_supported", {std::begin(model::kLanguageTags), std::end(model::kLanguageTags)});
    json_.field("request_parameter_supported", false);
    json_.field("request_uri_parameter_supported", false);
    json_.field("require_request_uri_registration", false);
    json_.field("authorization_response_iss_parameter_supported", services_.answers_with(request_, "iss"));
  }

  void write_identity() {
    array("scopes_supported", {realm_.policy.scopes.begin(), realm_.policy.scopes.end()});
    array("subject_types_supported", {"public", "pairwise"});
    array("id_token_signing_alg_values_supported", signing_algs());
    if (has(EndpointKind::userinfo)) array("userinfo_signing_alg_values_supported", signing_algs());
    if (!has(EndpointKind::authorize)) return;
    std::vector<std::string_view> claims{"aud", "sub", "iss", "exp", "iat", "auth_time", "nonce", "acr", "azp", "sid"};
    for (const auto& claim : policy::person_claims())
      if (std::ranges::find(realm_.policy.scopes, claim.scope) != realm_.policy.scopes.end()) claims.push_back(claim.name);
    array("claim_types_supported", {"normal"});
    array("claims_supported", claims);
    json_.field("claims_parameter_supported", true);
    array("acr_values_supported", {tokens::kAcr});
  }

  /// Those that the realm has a key of; its file names another for a client, and has one then.
  std::vector<std::string_view> signing_algs() const {
    std::vector<std::string_view> algs;
    for (const auto alg : jose::kPublicAlgs)
      if (keys_.signing.contains(alg)) algs.push_back(alg);
    return algs;
  }

  void write_client_authentication() {
    const auto registered = clients::client_auth_methods();
    const std::vector<std::string_view> methods(registered.begin(), registered.end());
    std::vector<std::string_view> confidential = methods;
    std::erase(confidential, "none");
    const std::vector<std::string_view> algs(std::begin(jose::kAsymmetricAlgNames), std::end(jose::kAsymmetricAlgNames));
    const auto write = [&](EndpointKind kind, std::string_view endpoint, const std::vector<std::string_view>& supported) {
      if (!has(kind)) return;
      array(std::string(endpoint) + "_endpoint_auth_methods_supported", supported);
      array(std::string(endpoint) + "_endpoint_auth_signing_alg_values_supported", algs);
    };
    write(EndpointKind::token, "token", methods);
    write(EndpointKind::introspect, "introspection", confidential);
    write(EndpointKind::revoke, "revocation", methods);
  }

  const Services& services_;
  const model::EndpointRequest& request_;
  const model::Realm& realm_;
  const keys::RealmKeys& keys_;
  jose::JsonWriter json_;
};

}  // namespace

Result<model::Reply> DiscoveryEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto keys = TRY(services_.keyring.require(*realm));
  return model::Reply(model::Document{Metadata(services_, request, *realm, *keys).write()});
}

}  // namespace tessera::endpoints
