#include "policy/scope.h"
#include "tokens/claims.h"

namespace tessera::tokens {

namespace {

// RFC 9068, 2.2. The default audience (3) is the realm itself: any of its APIs.
void write(jose::JsonWriter& claims, const ClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  const model::Client& client = *authorization.client;
  claims.field("iss", input.issuer);
  claims.field("sub", input.subject);
  if (client.policy->audience.empty())
    claims.field("aud", input.issuer);
  else
    write_audience(claims, client.policy->audience);
  claims.field("client_id", client.client_id);
  claims.field("iat", input.issued_at_s);
  claims.field("exp", authorization.expires_at_s);
  claims.field("jti", input.jti.str());
  if (!authorization.scope.empty()) claims.field("scope", authorization.scope);
  const auto roles = policy::roles_of({*authorization.realm, client, authorization.user.get()});
  if (!roles.empty()) claims.raw("roles", string_array(roles));
  if (authorization.auth_time_s != 0) claims.field("auth_time", authorization.auth_time_s);
}

}  // namespace

extern const ClaimsProfile claims_rfc9068{"rfc9068", true, write, client_id_of};

}  // namespace tessera::tokens
