#include "tokens/claims.h"

namespace tessera::tokens {

namespace {

// Flinks' clients read three claims: client_id, sub and exp. The rest is what no profile may drop.
void write(jose::JsonWriter& claims, const ClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  claims.field("client_id", authorization.client->client_id);
  claims.field("sub", input.subject);
  claims.field("exp", authorization.expires_at_s);
  claims.field("iss", input.issuer);
  claims.field("iat", input.issued_at_s);
  claims.field("jti", input.jti.str());
  write_audience(claims, authorization.client->policy->audience);
  if (!authorization.scope.empty()) claims.field("scope", authorization.scope);
}

}  // namespace

extern const ClaimsProfile claims_flinks{"flinks", true, write, client_id_of};

}  // namespace tessera::tokens
