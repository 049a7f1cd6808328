#include <algorithm>

#include "policy/scope.h"
#include "policy/web_origins.h"
#include "tokens/claims.h"
#include "tokens/id_claims.h"

namespace tessera::tokens {

namespace {

/// Less than an ID token tells: no attributes, and email_verified stands in whatever the scope.
void write_keycloak_person(jose::JsonWriter& claims, const model::User& user, std::string_view scope) {
  if (policy::has_scope_word(scope, "profile")) write_names(claims, user);
  if (policy::has_scope_word(scope, "email") && !user.profile.email.empty()) claims.field("email", user.profile.email);
}

std::string client_subject(const model::Client& client) { return client.handle.uuid(); }

/// Of the realm's roles and of each client's own, as Keycloak parts them.
void write_roles(jose::JsonWriter& claims, const std::vector<const model::Role*>& held) {
  std::vector<std::string> of_realm;
  std::vector<std::pair<std::string, std::vector<std::string>>> of_clients;
  for (const model::Role* role : held) {
    if (role->client.empty()) {
      of_realm.push_back(role->name);
      continue;
    }
    auto own = std::ranges::find(of_clients, role->client, &decltype(of_clients)::value_type::first);
    if (own == of_clients.end()) own = of_clients.insert(own, {role->client, {}});
    own->second.emplace_back(policy::short_name(*role));
  }
  const auto roles_of = [](const std::vector<std::string>& names) { return "{\"roles\":" + string_array(names) + "}"; };
  if (!of_realm.empty()) claims.raw("realm_access", roles_of(of_realm));
  if (of_clients.empty()) return;
  jose::JsonWriter by_client;
  for (const auto& [client, names] : of_clients) by_client.raw(client, roles_of(names));
  claims.raw("resource_access", std::move(by_client).finish());
}

/// Keycloak's "audience resolve": whoever's roles the token passes on is meant by it.
std::vector<std::string> audience_of(const model::Client& client, const std::vector<const model::Role*>& held) {
  std::vector<std::string> audience = client.policy->audience;
  if (!client.policy->audience_by_roles) return audience;
  for (const model::Role* role : held)
    if (!role->client.empty() && role->client != client.client_id && std::ranges::find(audience, role->client) == audience.end())
      audience.push_back(role->client);
  return audience;
}

void write(jose::JsonWriter& claims, const ClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  const model::Client& client = *authorization.client;
  const auto held = policy::held_roles({*authorization.realm, client, authorization.user.get()});
  claims.field("exp", authorization.expires_at_s);
  claims.field("iat", input.issued_at_s);
  if (authorization.auth_time_s != 0) claims.field("auth_time", authorization.auth_time_s);
  claims.field("jti", input.jti.uuid());
  claims.field("iss", input.issuer);
  write_audience(claims, audience_of(client, held));
  claims.field("sub", input.subject);
  claims.field("typ", "Bearer");
  claims.field("azp", client.client_id);
  if (authorization.lineage.session) claims.field("sid", authorization.lineage.session.uuid());
  claims.field("acr", kAcr);
  if (const auto& origins = policy::web_origins_of(*client.policy); !origins.empty()) claims.raw("allowed-origins", string_array(origins));
  write_roles(claims, held);
  claims.field("scope", authorization.scope);
  if (authorization.user) {
    claims.field("email_verified", authorization.user->profile.email_verified);
    write_keycloak_person(claims, *authorization.user, authorization.scope);
  } else {
    claims.field("email_verified", false);
    claims.field("preferred_username", "service-account-" + client.client_id);
  }
  claims.field("client_id", client.client_id);
}

}  // namespace

extern const ClaimsProfile claims_keycloak{"keycloak", false, write, client_subject};

}  // namespace tessera::tokens
