#include "grants/pipeline.h"

#include <algorithm>

#include "base/timestamp.h"
#include "clients/realm_gate.h"
#include "grants/liveness.h"
#include "policy/claims.h"
#include "policy/lifetime.h"
#include "policy/scope.h"

namespace tessera::grants {

namespace {

/// Grants of the standards that we don't have: named in the log, where other text of an outsider is not.
constexpr std::string_view kOtherGrants[] = {"implicit",
                                             "urn:ietf:params:oauth:grant-type:device_code",
                                             "urn:ietf:params:oauth:grant-type:jwt-bearer",
                                             "urn:ietf:params:oauth:grant-type:saml2-bearer",
                                             "urn:ietf:params:oauth:grant-type:token-exchange",
                                             "urn:ietf:params:oauth:grant-type:uma-ticket",
                                             "urn:openid:params:grant-type:ciba"};

}  // namespace

Result<model::TokenSet> Pipeline::exchange(const model::EndpointRequest& request, const Turn& turn) const {
  Handle user;
  auto tokens = decide(request, turn, user);
  if (!tokens && user) tokens.error().user = user;
  return tokens;
}

Result<model::TokenSet> Pipeline::decide(const model::EndpointRequest& request, const Turn& turn, Handle& user) const {
  // 0. What we know to be revoked, before the first check: a revocation that lands while we decide kills the token. The realm is read
  //    after it, so that the record we judge by is never older than the rev we claim to know.
  const model::Rev rev = services_.revocations.head(TRY(clients::require_realm(services_.directory, request))->id);
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  // 1. A grant that exists; Keycloak's clients see this before any word about credentials.
  const Grant* grant = TRY(find_grant(request.grant_type));
  // 2. Who asks. Before the grant looks at a single parameter.
  const clients::AuthenticatedClient client = TRY(clients_.authenticate(*realm, request, turn));
  TRY(throttle(client.entry->client, turn));
  // 3. One meaning to every parameter, and a grant that the client is registered for.
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  const auto& allowed = client.entry->client.policy->grants;
  if (std::find(allowed.begin(), allowed.end(), grant->grant_type()) == allowed.end())
    return fail(grant->refusal(client.entry->client), std::string(grant->grant_type()));
  // 4. The grant proves what only it can prove, from the parameters that it declared. It reads; it consumes nothing yet.
  const GrantRequest asked{realm, client, request.parameters.only(grant->parameters()), request.peer, request.request_id, turn};
  model::Authorization authorization = TRY(grant->authorize(asked));
  user = authorization.lineage.user;
  // 5. What was asked, granted before and allowed now: never more than the least of the three. And for how long.
  TRY(narrow(authorization, request, turn.now));
  // 6. Anything that ended since: realm, client, user, session, family. One gate for every grant.
  TRY(require_live(authorization, turn.now));
  // 7. A token that outlives the ordinary lifetime is on durable record before it exists: pruning the journal asks for it.
  TRY(raise_max_expiry(authorization, rev, request.request_id, turn));
  // 8. The code or generation is spent in one conditional write that checks liveness again.
  TRY(grant->consume(authorization, asked, rev));
  // 9. The only place that mints.
  return services_.issuer.issue(authorization, rev, turn.now);
}

std::vector<std::string_view> Pipeline::grant_types() const {
  std::vector<std::string_view> names;
  for (const auto& grant : grants_) names.push_back(grant->grant_type());
  return names;
}

Result<const Grant*> Pipeline::find_grant(std::string_view grant_type) const {
  if (grant_type.empty()) return fail(Reason::grant_type_missing);
  for (const auto& grant : grants_)
    if (grant->grant_type() == grant_type) return grant.get();
  const auto* const other = std::find(std::begin(kOtherGrants), std::end(kOtherGrants), grant_type);
  return fail(Reason::grant_type_unknown, other == std::end(kOtherGrants) ? std::string() : std::string(*other));
}

Status Pipeline::throttle(const model::Client& client, const Turn& turn) const {
  if (turn.counted) return {};
  Status taken = services_.throttle.take_client(client.handle, client.policy->requests_per_minute, turn.now);
  if (!taken) taken.error().context = client.client_id;  // the log shows an id only where it is known to be one
  return taken;
}

Status Pipeline::narrow(model::Authorization& authorization, const model::EndpointRequest& request, TimePoint now) const {
  const policy::ScopeHolder holder{
      .realm = *authorization.realm, .client = *authorization.client, .user = authorization.user.get(), .granted = authorization.granted};
  authorization.scope = TRY(policy::decide_scope(holder, request.parameters.find("scope")));
  authorization.claims = TRY(policy::decide_claims(holder, authorization.claims));

  std::optional<TimePoint> expiry;
  // An empty one was meant to say something, and perhaps less than the default: it is not passed over.
  if (request.parameters.has("expiry")) expiry = TRY(base::parse_timestamp(request.parameters.find("expiry").value_or("")));
  const policy::Lifetime lifetime = TRY(policy::decide_lifetime(*authorization.realm, *authorization.client, expiry, now));
  authorization.expires_at_s = lifetime.expires_at_s;
  authorization.extended = lifetime.extended;
  return {};
}

Status Pipeline::raise_max_expiry(const model::Authorization& authorization, model::Rev rev, const std::string& request_id,
                                  const Turn& turn) const {
  const model::Client& client = *authorization.client;
  if (!authorization.extended || authorization.expires_at_s <= client.max_expiry_s) return {};
  // Up to the next full day, so that a client which asks for "a year from now" all day long writes once.
  constexpr std::int64_t kDayS = 86'400;
  const std::int64_t mark_s = (authorization.expires_at_s / kDayS + 1) * kDayS;
  const store::AuditRecord audit{.realm = authorization.realm->id,
                                 .at = turn.now,
                                 .actor = "client:" + client.client_id,
                                 .action = "client.raise_max_expiry",
                                 .object = "client:" + client.client_id,
                                 .request_id = request_id,
                                 .detail = "{\"max_expiry_s\":" + std::to_string(mark_s) + "}"};
  const auto raised = services_.revocations.commit(
      turn,
      {store::RaiseMaxExpiry{client.handle, mark_s, store::RaiseMaxExpiry::Known{authorization.lineage.secret, model::rev_number(rev)}}},
      {audit});
  if (!raised) return std::unexpected(raised.error());
  return {};
}

}  // namespace tessera::grants
