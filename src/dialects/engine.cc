#include "dialects/engine.h"

#include <algorithm>
#include <chrono>

#include "base/name_hash.h"
#include "dialects/cors.h"
#include "dialects/decode.h"
#include "dialects/encode.h"
#include "dialects/forward_auth.h"
#include "dialects/observation.h"
#include "dialects/router.h"
#include "http/forwarded.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

/// What costs us little, or is asked by a proxy for all its clients at once, is not counted by address.
bool is_throttled(EndpointKind kind) {
  using enum EndpointKind;
  return kind != verify && kind != jwks && kind != certs && kind != discovery;
}

/// Tokens are taken back, and known to be, when every other worker is busy.
bool is_urgent(EndpointKind kind) {
  return kind == EndpointKind::revoke || kind == EndpointKind::logout || kind == EndpointKind::introspect;
}

/// The lane that an error asks for.
std::optional<Lane> lane_of(Reason reason) {
  if (reason == Reason::would_wait || reason == Reason::would_look_up) return Lane::pool;
  if (reason == Reason::would_hash) return Lane::hash;
  return std::nullopt;
}

/// The realm is one that we have: an endpoint asks for a lane after it found it, so nobody gets more turns by making up realms.
http::Detour detour_of(const model::EndpointRequest& asked, Reason reason, Lane lane) {
  return {.lane = lane,
          .urgent = is_urgent(asked.endpoint),
          .is_lookup = reason == Reason::would_look_up,
          .fairness_key = policy::address_prefix(asked.peer.address) + ' ' + asked.realm};
}

}  // namespace

struct Engine::State {
  EngineDeps deps;
  Router router;
  http::TrustedProxies proxies;
  base::NameHash names = {};

  /// The request in standard terms, then the endpoint's answer. `observed` and `shared` learn what became known on the way.
  Result<model::Reply> answer(const Route& route, const http::Request& request, const Turn& turn, model::EndpointRequest& asked,
                              Observation& observed, Sharing& shared) {
    const http::Origin origin = proxies.resolve(request);
    asked.peer = {origin.address, origin.secure};
    // A request that is run again on a worker was counted on its connection's thread.
    if (is_throttled(route.look->kind) && turn.lane == Lane::io) TRY(deps.throttle.take_address(origin.address, turn.now));
    if (route.look->kind == EndpointKind::verify)
      TRY(decode_question(request, origin.proxied, asked));
    else if (asked.by_browser || route.look->kind == EndpointKind::session_status_init)
      TRY(decode_visit(*route.look, request, asked));
    else
      TRY(decode(*route.look, request, asked));
    // Asked for before anything is done: the look-up may take another lane, and then all of it is run again there.
    shared = TRY(sharing_of(*route.look, request, asked, deps.is_web_origin, turn));
    observed.reached_endpoint = true;
    return deps.endpoints[static_cast<std::size_t>(route.look->kind)]->handle(asked, turn);
  }

  /// `space`: the protection space that a challenge names.
  http::Response encode(const Route& route, const model::EndpointRequest& asked, const std::string& space,
                        Result<model::Reply>&& reply) const {
    const EndpointLook& look = *route.look;
    if (reply) {
      const auto* const visit = std::get_if<model::BrowserReply>(&*reply);
      return visit ? encode_visit(look, asked, *visit, deps.render_page) : encode_reply(look, asked, *std::move(reply));
    }
    if (asked.by_browser) return encode_error_page(look, asked, reply.error(), deps.render_page);
    if (look.kind == EndpointKind::verify) return encode_refusal(space, asked, reply.error());
    return encode_error(look, space, asked, reply.error());
  }
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const Library& library, const std::vector<config::Mount>& mounts, EngineDeps deps) {
  auto state = std::unique_ptr<State>(new State{std::move(deps), {}, {}});
  state->proxies = TRY(http::TrustedProxies::parse(state->deps.trusted_proxies));
  state->router = TRY(make_router(library, mounts));
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

bool Engine::serves(std::string_view path) const {
  const auto match = state_->router.find(path);
  return match && state_->deps.endpoints[static_cast<std::size_t>(match->route->look->kind)] != nullptr;
}

std::string Engine::path_of(const model::EndpointRequest& request, EndpointKind kind) const {
  if (state_->deps.endpoints[static_cast<std::size_t>(kind)] == nullptr) return {};
  return state_->router.path_of(request, kind);
}

bool Engine::answers_with(const model::EndpointRequest& request, std::string_view parameter) const {
  const Route* const route = state_->router.route_of(request, EndpointKind::authorize);
  return route != nullptr && std::ranges::find(route->look->response, parameter) != route->look->response.end();
}

std::expected<http::Response, http::Detour> Engine::handle(const http::Request& request, const Turn& turn) {
  auto match = state_->router.find(request.path);
  if (!match || state_->deps.endpoints[static_cast<std::size_t>(match->route->look->kind)] == nullptr)
    return uncached_json(404, R"({"error":"not_found","error_description":"There is no such endpoint"})");
  const Route& route = *match->route;
  if (is_preflight(*route.look, request)) return preflight_answer(*route.look);
  Observation observed{state_->deps, state_->names, turn.now, std::chrono::steady_clock::now(), !route.realm.empty()};
  model::EndpointRequest asked;
  asked.endpoint = route.look->kind;
  asked.mount_base = fill_realm(route.base, match->realm);
  asked.realm = std::move(match->realm);
  asked.managed_client = std::move(match->client);
  asked.dialect = route.dialect->name();
  asked.request_id = request.request_id;
  asked.by_browser = is_visit(*route.look, request);

  Sharing shared = Sharing::nobody;
  Result<model::Reply> reply = state_->answer(route, request, turn, asked, observed, shared);
  if (!reply) {
    if (const auto lane = lane_of(reply.error().reason)) {
      if (*lane > turn.lane) return std::unexpected(detour_of(asked, reply.error().reason, *lane));
      reply = fail(Reason::internal, "an endpoint asked for a lane that it has");
    }
  }
  observed.record(asked, reply);
  const std::string& protected_by = observed.realm_known(reply) ? asked.realm : route.dialect->name();
  http::Response response = state_->encode(route, asked, protected_by, std::move(reply));
  add_sharing(response, *route.look, request, shared);
  return response;
}

}  // namespace tessera::dialects
