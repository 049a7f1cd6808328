#include <algorithm>

#include "endpoints/endpoints.h"
#include "grants/liveness.h"
#include "jose/json.h"

namespace tessera::endpoints {

namespace {

model::Reply inactive() { return model::Document{R"({"active":false})"}; }

/// A token without an audience of its own, or for the issuer as a whole (RFC 9068, 3), is for every API of the realm.
bool may_ask(const model::AccessToken& token, const model::Client& caller) {
  const auto names = [&token](std::string_view name) {
    return std::find(token.audience.begin(), token.audience.end(), name) != token.audience.end();
  };
  return token.audience.empty() || names(token.issuer) || token.lineage.client == caller.handle || names(caller.client_id);
}

/// The claims as signed, led by what RFC 7662, 2.2 adds to them.
model::Reply describe(const model::AccessToken& token) {
  std::string json = R"({"active":true,"token_type":"Bearer",)";
  json.reserve(json.size() + token.claims_json.size() + token.username.size() + 32);
  if (!token.username.empty()) {
    json += R"("username":)";
    jose::append_json_string(json, token.username);
    json += ',';
  }
  json.append(token.claims_json, 1);
  return model::Document{std::move(json)};
}

}  // namespace

Result<model::Reply> IntrospectEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto caller = TRY(services_.clients.authenticate(*realm, request, turn));
  if (caller.entry->client.is_public) return fail(Reason::introspection_forbidden);
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  const auto token = request.parameters.find("token");
  if (!token) return fail(Reason::token_missing);

  const auto judged = services_.access_tokens.judge(*realm, *token, turn.now);
  if (judged) return may_ask(**judged, caller.entry->client) ? describe(**judged) : inactive();
  if (judged.error().reason == Reason::store_unavailable) return std::unexpected(judged.error());
  return describe_refresh(realm, caller, *token, turn);
}

Result<model::Reply> IntrospectEndpoint::describe_refresh(const std::shared_ptr<const model::Realm>& realm,
                                                          const clients::AuthenticatedClient& caller, std::string_view token,
                                                          const Turn& turn) {
  const auto shown = services_.refresh_tokens.read(realm->id, services_.issuer.issuer_of(realm->name), token);
  if (!shown) return inactive();
  const auto family = services_.sessions.find_family(turn, shown->family);
  if (!family && family.error().reason != Reason::refresh_unknown) return std::unexpected(family.error());
  if (!family || !services_.refresh_tokens.authentic(*shown, *family) || family->client != caller.entry->client.handle) return inactive();

  model::Authorization authorization;
  authorization.realm = realm;
  authorization.client = {caller.entry, &caller.entry->client};
  authorization.family = *family;
  authorization.proof_issued_at_s = shown->issued_at_s != 0 ? shown->issued_at_s : base::to_s(family->last_used_at);
  if (family->user) {
    auto user = services_.directory.user(turn, family->user);
    if (!user && user.error().reason != Reason::user_unknown) return std::unexpected(user.error());
    if (!user) return inactive();
    authorization.user = std::move(*user);
  }
  if (family->session) {
    auto session = services_.sessions.find_session(turn, family->session);
    if (!session && session.error().reason != Reason::record_missing) return std::unexpected(session.error());
    if (!session) return inactive();
    authorization.session = *session;
  }
  const bool superseded = family->mode == model::RefreshMode::rotate && shown->generation != family->generation;
  const bool expired = shown->expires_at_s != 0 && base::to_s(turn.now) >= shown->expires_at_s;
  if (superseded || expired || !grants::require_live(authorization, turn.now)) return inactive();

  jose::JsonWriter json;
  json.field("active", true).field("token_type", "refresh_token").field("client_id", caller.entry->client.client_id);
  if (authorization.user) {
    json.field("sub", TRY(services_.issuer.subject_of(*realm, *authorization.client, authorization.user->handle)));
    json.field("username", authorization.user->username);
  }
  json.field("scope", family->scope).field("iss", services_.issuer.issuer_of(realm->name)).field("iat", authorization.proof_issued_at_s);
  const std::int64_t end_s =
      shown->expires_at_s != 0 ? shown->expires_at_s : tokens::RefreshTokens::expires_at_s(*family, family->last_used_at);
  if (end_s != 0) json.field("exp", end_s);
  return model::Reply(model::Document{std::move(json).finish()});
}

}  // namespace tessera::endpoints
