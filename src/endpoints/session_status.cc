// Keycloak's pages for frames: whether the browser still has the session that an app knows, and whether it keeps cookies in frames at all.
#include "endpoints/endpoints.h"
#include "endpoints/framing.h"
#include "flow/browser.h"
#include "flow/language.h"
#include "flow/visit.h"
#include "policy/redirect_uri.h"
#include "policy/web_origins.h"

namespace tessera::endpoints {

namespace {

Result<model::Reply> framed_page(Framing& framing, const model::EndpointRequest& request, const model::Realm& realm,
                                 model::PageContent content, const Turn& turn) {
  model::Page page = flow::page_of(realm, flow::choose_language("", request.accept_language), std::move(content));
  page.framed_by = TRY(framing.ancestors(realm, request.referer, turn));
  return model::Reply(model::BrowserReply{.answer = std::move(page)});
}

}  // namespace

Result<model::Reply> SessionStatusEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  return framed_page(framing_, request, *realm, model::SessionStatusPage{flow::SessionCookies::status_name(*realm)}, turn);
}

Result<model::Reply> CookieProbeEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  return framed_page(framing_, request, *realm, model::CookieProbePage{}, turn);
}

Result<model::Reply> SessionStatusInitEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const auto client_id = request.parameters.find("client_id");
  const auto origin = request.parameters.find("origin");
  if (request.duplicated || !client_id || !origin) return fail(Reason::origin_unregistered);
  const auto entry = services_.directory.client(turn, realm->id, *client_id);
  if (!entry) return entry.error().reason == Reason::client_unknown ? fail(Reason::origin_unregistered) : std::unexpected(entry.error());
  const model::Client& client = (*entry)->client;
  const bool usable = client.enabled && flow::may_use_mount(*client.policy, request.dialect);
  const bool known = policy::is_web_origin(*client.policy, *origin) || *origin == policy::origin_of(services_.issuer.base_url());
  if (!usable || !known) return fail(Reason::origin_unregistered, client.client_id);
  return model::Reply(model::Empty{});
}

}  // namespace tessera::endpoints
