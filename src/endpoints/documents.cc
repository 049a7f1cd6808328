// JWKS and Keycloak's realm page: what a realm publishes about itself.
#include "endpoints/endpoints.h"
#include "jose/json.h"

namespace tessera::endpoints {

Result<model::Reply> JwksEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto keys = TRY(services_.keyring.require(*realm));
  return model::Reply(model::Document{(*keys).*set_});
}

Result<model::Reply> RealmInfoEndpoint::handle(const model::EndpointRequest& request, const Turn&) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto keys = TRY(services_.keyring.require(*realm));
  const auto* const signing = TRY(keys->signing_by(realm->policy.signing_alg));
  const std::string token_path = services_.path_of(request, model::EndpointKind::token);
  jose::JsonWriter json;
  json.field("realm", realm->name);
  json.field("public_key", signing->plain.key().public_spki_base64());
  // Keycloak names the folder of its token endpoint, not the endpoint.
  json.field("token-service", services_.issuer.base_url() + token_path.substr(0, token_path.rfind('/')));
  json.field("account-service", services_.issuer.issuer_of(realm->name) + "/account");
  json.field("tokens-not-before", realm->not_before_s);
  return model::Reply(model::Document{std::move(json).finish()});
}

}  // namespace tessera::endpoints
