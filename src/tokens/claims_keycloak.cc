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

void write(jose::JsonWriter& claims, const ClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  const model::Client& client = *authorization.client;
  claims.field("exp", authorization.expires_at_s);
  claims.field("iat", input.issued_at_s);
  claims.field("jti", input.jti.uuid());
  claims.field("iss", input.issuer);
  write_audience(claims, client.policy->audience);
  claims.field("sub", input.subject);
  claims.field("typ", "Bearer");
  claims.field("azp", client.client_id);
  if (authorization.lineage.session) claims.field("sid", authorization.lineage.session.uuid());
  claims.field("acr", kAcr);
  if (const auto& origins = policy::web_origins_of(*client.policy); !origins.empty()) claims.raw("allowed-origins", string_array(origins));
  const auto roles = policy::roles_of({*authorization.realm, client, authorization.user.get()});
  if (!roles.empty()) claims.raw("realm_access", "{\"roles\":" + string_array(roles) + "}");
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
