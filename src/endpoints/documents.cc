// JWKS, discovery and Keycloak's realm page: what a realm publishes about itself.
#include "endpoints/endpoints.h"
#include "jose/json.h"

namespace tessera::endpoints {

namespace {

std::string json_array(const std::vector<std::string_view>& items) {
  std::string out = "[";
  for (const auto item : items) {
    if (out.size() > 1) out += ',';
    jose::append_json_string(out, item);
  }
  return out += ']';
}

std::vector<std::string_view> views(const std::vector<std::string>& items) { return {items.begin(), items.end()}; }

}  // namespace

Result<model::Reply> JwksEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto keys = services_.keyring.realm(realm->id);
  if (!keys) return fail(Reason::key_missing, realm->name);
  return model::Reply(model::Document{(*keys).*set_});
}

Result<model::Reply> DiscoveryEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const std::string issuer = services_.issuer.issuer_of(realm->name);
  jose::JsonWriter json;
  json.field("issuer", issuer);
  const auto add_endpoint = [&](std::string_view name, model::EndpointKind kind) {
    const std::string path = services_.path_of(request, kind);
    if (!path.empty()) json.field(name, services_.issuer.base_url() + path);
  };
  add_endpoint("token_endpoint", model::EndpointKind::token);
  add_endpoint("introspection_endpoint", model::EndpointKind::introspect);
  add_endpoint("revocation_endpoint", model::EndpointKind::revoke);
  add_endpoint("end_session_endpoint", model::EndpointKind::logout);
  if (!services_.path_of(request, model::EndpointKind::logout).empty()) {
    json.field("backchannel_logout_supported", true);
    json.field("backchannel_logout_session_supported", true);
  }
  const bool certified = !services_.path_of(request, model::EndpointKind::certs).empty();
  add_endpoint("jwks_uri", certified ? model::EndpointKind::certs : model::EndpointKind::jwks);
  json.raw("grant_types_supported", json_array(services_.pipeline.grant_types()));
  // No authorization endpoint is mounted, so there is no response type to ask for (RFC 8414, 2 wants the member all the same).
  json.raw("response_types_supported", "[]");
  json.raw("subject_types_supported", R"(["public"])");
  json.raw("id_token_signing_alg_values_supported", json_array({realm->policy.signing_alg}));
  const auto registered = clients::client_auth_methods();
  const std::vector<std::string_view> methods(registered.begin(), registered.end());
  std::vector<std::string_view> confidential = methods;
  std::erase(confidential, "none");
  json.raw("token_endpoint_auth_methods_supported", json_array(methods));
  json.raw("introspection_endpoint_auth_methods_supported", json_array(confidential));
  json.raw("revocation_endpoint_auth_methods_supported", json_array(methods));
  json.raw("scopes_supported", json_array(views(realm->policy.scopes)));
  return model::Reply(model::Document{std::move(json).finish()});
}

Result<model::Reply> RealmInfoEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto keys = services_.keyring.realm(realm->id);
  if (!keys) return fail(Reason::key_missing, realm->name);
  const auto signing = keys->signing.find(realm->policy.signing_alg);
  if (signing == keys->signing.end()) return fail(Reason::key_missing, realm->policy.signing_alg);
  const std::string token_path = services_.path_of(request, model::EndpointKind::token);
  jose::JsonWriter json;
  json.field("realm", realm->name);
  json.field("public_key", signing->second->plain.key().public_spki_base64());
  // Keycloak names the folder of its token endpoint, not the endpoint.
  json.field("token-service", services_.issuer.base_url() + token_path.substr(0, token_path.rfind('/')));
  json.field("account-service", services_.issuer.issuer_of(realm->name) + "/account");
  json.field("tokens-not-before", realm->not_before_s);
  return model::Reply(model::Document{std::move(json).finish()});
}

}  // namespace tessera::endpoints
