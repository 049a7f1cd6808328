#include "endpoints/endpoints.h"

namespace tessera::endpoints {

Result<model::Reply> LogoutEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  if (!request.by_browser) return end_by_refresh_token(request, turn);
  auto answer = TRY(sign_out_.begin(request, turn));
  return model::Reply(std::move(answer));
}

Result<model::Reply> LogoutEndpoint::end_by_refresh_token(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto caller = TRY(services_.clients.authenticate(*realm, request, turn));
  if (request.duplicated) return fail(Reason::parameter_duplicated);
  const auto text = request.parameters.find("refresh_token");
  if (!text) return fail(Reason::refresh_missing);

  const model::Client& client = caller.entry->client;
  const auto shown = TRY(services_.refresh_tokens.read(realm->id, services_.issuer.issuer_of(realm->name), *text));
  const auto family = services_.sessions.find_family(turn, shown.family);
  if (!family && family.error().reason != Reason::refresh_unknown) return std::unexpected(family.error());
  // Swept away: it ended long ago, and logging out twice is no error.
  if (!family) return model::Reply(model::Empty{});
  if (family->realm != realm->id || !services_.refresh_tokens.authentic(shown, *family)) return fail(Reason::refresh_malformed);
  if (family->client != client.handle) return fail(Reason::refresh_client_mismatch);
  if (family->ended) return model::Reply(model::Empty{});

  const bool has_session = !family->session.empty();
  const store::Revoke revoke{.kind = has_session ? model::RevocationKind::session : model::RevocationKind::family,
                             .id = has_session ? family->session : family->handle,
                             .ends = true,
                             .prune_after_s = base::to_s(turn.now)};
  const store::AuditRecord audit{.realm = realm->id,
                                 .at = turn.now,
                                 .actor = "client:" + client.client_id,
                                 .action = "session.end",
                                 .object = has_session ? "session:" + family->session.uuid() : "family:" + family->handle.str(),
                                 .request_id = request.request_id,
                                 .detail = "{}"};
  const auto events = services_.revocations.commit(turn, {revoke}, {audit});
  if (!events) return std::unexpected(events.error());
  return model::Reply(model::Empty{});
}

}  // namespace tessera::endpoints
