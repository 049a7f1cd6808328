#include "dialects/cors.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

/// Browsers cut it to their own bounds, at most two hours.
constexpr std::string_view kPreflightHoldsS = "3600";
/// Beyond what Fetch lets pass: bearer tokens and Basic, bodies of JSON, and what common clients add to each request.
constexpr std::string_view kHeadersTaken = "Authorization, Content-Type, Accept, X-Requested-With, DPoP";
/// What a page needs of an answer beside its body.
constexpr std::string_view kHeadersShown = "WWW-Authenticate, Retry-After";

enum class Audience : std::uint8_t { nobody, everyone, registered };

Audience audience_of(EndpointKind kind) {
  switch (kind) {
    case EndpointKind::jwks:
    case EndpointKind::certs:
    case EndpointKind::discovery:
    case EndpointKind::realm_info:
      return Audience::everyone;
    case EndpointKind::token:
    case EndpointKind::revoke:
    case EndpointKind::logout:
    case EndpointKind::userinfo:
      return Audience::registered;
    // Servers ask these, or a browser that is on its way through us.
    case EndpointKind::introspect:
    case EndpointKind::verify:
    case EndpointKind::authorize:
    case EndpointKind::interact:
    case EndpointKind::session_status:
    case EndpointKind::session_status_init:
    case EndpointKind::cookie_probe:
    case EndpointKind::registration:
    case EndpointKind::client_configuration:
    case EndpointKind::client_secret:
      break;
  }
  return Audience::nobody;
}

}  // namespace

bool is_preflight(const EndpointLook& look, const http::Request& request) {
  return request.method == "OPTIONS" && request.header("Origin") && request.header("Access-Control-Request-Method") &&
         audience_of(look.kind) != Audience::nobody;
}

http::Response preflight_answer(const EndpointLook& look) {
  return {204,
          {{"Access-Control-Allow-Origin", "*"},
           {"Access-Control-Allow-Methods", look.allow},
           {"Access-Control-Allow-Headers", std::string(kHeadersTaken)},
           {"Access-Control-Max-Age", std::string(kPreflightHoldsS)}},
          {}};
}

Result<Sharing> sharing_of(const EndpointLook& look, const http::Request& request, const model::EndpointRequest& asked,
                           const IsWebOrigin& is_web_origin, const Turn& turn) {
  const Audience audience = audience_of(look.kind);
  if (audience == Audience::everyone) return Sharing::anyone;
  const auto origin = request.header("Origin");
  if (audience == Audience::nobody || !is_web_origin || !origin || request.count("Origin") != 1) return Sharing::nobody;
  const auto registered = is_web_origin(asked, *origin, turn);
  if (!registered) return std::unexpected(registered.error());
  return *registered ? Sharing::asker : Sharing::nobody;
}

void add_sharing(http::Response& response, const EndpointLook& look, const http::Request& request, Sharing sharing) {
  const auto origin = request.header("Origin");
  if (sharing == Sharing::anyone) response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  if (audience_of(look.kind) != Audience::registered || !origin) return;
  // Whether or not it may read: the same request from elsewhere is answered otherwise.
  response.headers.emplace_back("Vary", "Origin");
  if (sharing != Sharing::asker) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
  if (look.cors_with_credentials) response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Expose-Headers", std::string(kHeadersShown));
}

}  // namespace tessera::dialects
