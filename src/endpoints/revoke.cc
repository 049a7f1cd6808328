#include "endpoints/endpoints.h"
#include "revocation/pruning_time.h"

namespace tessera::endpoints {

namespace {

store::AuditRecord audit_of(const model::EndpointRequest& request, const model::Realm& realm, std::string actor, std::string object,
                            TimePoint now) {
  return {.realm = realm.id,
          .at = now,
          .actor = std::move(actor),
          .action = "token.revoke",
          .object = std::move(object),
          .request_id = request.request_id,
          .detail = "{\"dialect\":\"" + request.dialect + "\"}"};
}

store::Revoke end_token(const model::AccessToken& token, const model::Realm& realm) {
  return {.kind = model::RevocationKind::token,
          .id = token.jti,
          .ends = true,
          .prune_after_s = token.expires_at_s,
          .realm = realm.id,
          .client = token.lineage.client};
}

store::Revoke end_family(const Handle& family, TimePoint now) {
  return {.kind = model::RevocationKind::family, .id = family, .ends = true, .prune_after_s = base::to_s(now)};
}

}  // namespace

Result<model::Reply> RevokeEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto token = request.parameters.find("token");
  if (!token && !request.bearer_tokens.empty()) return revoke_bearer(request, *realm, turn);
  if (!token && request.credential.client_id.empty()) return fail(Reason::token_missing);

  const auto client = TRY(services_.clients.authenticate(*realm, request, turn));
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  if (!token) return fail(Reason::token_missing);
  // token_type_hint is a hint (RFC 7009, 2.1): what the token is, it says itself.
  const auto shown = services_.refresh_tokens.read(realm->id, services_.issuer.issuer_of(realm->name), *token);
  return shown ? revoke_refresh(request, *realm, client.entry->client, *token, turn)
               : revoke_access(request, *realm, client.entry->client, *token, turn);
}

Result<model::Reply> RevokeEndpoint::revoke_bearer(const model::EndpointRequest& request, const model::Realm& realm, const Turn& turn) {
  if (request.bearer_tokens.size() > 1) return fail(Reason::token_ambiguous);
  const auto token = TRY(services_.access_tokens.judge(realm, request.bearer_tokens.front(), turn.now));
  const bool connected = !token->lineage.family.empty();
  // The token by its own id too: its family's row may have been swept while it lives on.
  std::vector<store::Change> changes{end_token(*token, realm)};
  if (connected) {
    const auto family = services_.sessions.find_family(turn, token->lineage.family);
    if (family)
      changes.emplace_back(end_family(token->lineage.family, turn.now));
    else if (family.error().reason != Reason::refresh_unknown)
      return std::unexpected(family.error());
  }
  const std::string object = connected ? "family:" + token->lineage.family.str() : "token:" + token->jti.str();
  const auto events =
      services_.revocations.commit(turn, changes, {audit_of(request, realm, "client:" + token->client_id, object, turn.now)});
  if (!events) return std::unexpected(events.error());
  return model::Reply(model::Empty{});
}

Result<model::Reply> RevokeEndpoint::revoke_refresh(const model::EndpointRequest& request, const model::Realm& realm,
                                                    const model::Client& client, std::string_view token, const Turn& turn) {
  const auto shown = TRY(services_.refresh_tokens.read(realm.id, services_.issuer.issuer_of(realm.name), token));
  const auto family = services_.sessions.find_family(turn, shown.family);
  if (!family && family.error().reason != Reason::refresh_unknown) return std::unexpected(family.error());
  if (!family || family->realm != realm.id || !services_.refresh_tokens.authentic(shown, *family))
    return fail(Reason::revoke_token_unknown);
  if (family->client != client.handle) return fail(Reason::token_of_other_client);
  // Revoked already: answered like a success (RFC 7009, 2.2), but there is nothing to write.
  if (family->ended) return fail(Reason::revoke_token_unknown, "it has ended");
  const auto audit = audit_of(request, realm, "client:" + client.client_id, "family:" + family->handle.str(), turn.now);
  const auto events = services_.revocations.commit(turn, {end_family(family->handle, turn.now)}, {audit});
  if (!events) return std::unexpected(events.error());
  return model::Reply(model::Empty{});
}

Result<model::Reply> RevokeEndpoint::revoke_access(const model::EndpointRequest& request, const model::Realm& realm,
                                                   const model::Client& client, std::string_view token, const Turn& turn) {
  // At any time: what has just expired would live again if the clock were set back, and what we say is revoked stays so.
  const auto judged = services_.access_tokens.judge(realm, token, std::nullopt);
  if (!judged) {
    const Reason reason = judged.error().reason;
    if (reason == Reason::store_unavailable) return std::unexpected(judged.error());
    return fail(Reason::revoke_token_unknown, judged.error().context);
  }
  if (base::to_s(turn.now) >= (*judged)->expires_at_s + revocation::PruningTime::kStepMaxS)
    return fail(Reason::revoke_token_unknown, "it expired long ago");
  if ((*judged)->lineage.client != client.handle) return fail(Reason::token_of_other_client);
  const auto audit = audit_of(request, realm, "client:" + client.client_id, "token:" + (*judged)->jti.str(), turn.now);
  const auto events = services_.revocations.commit(turn, {end_token(**judged, realm)}, {audit});
  if (!events) return std::unexpected(events.error());
  return model::Reply(model::Empty{});
}

}  // namespace tessera::endpoints
