// From an HTTP request to an endpoint and back, through the dialect that is mounted at its path.
#pragma once

#include <array>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "dialects/browser.h"
#include "dialects/cors.h"
#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "policy/throttle.h"

namespace tessera::dialects {

inline constexpr std::size_t kEndpointCount = std::size(model::kEndpointNames);

/// What the engine works with; everything outlives it.
struct EngineDeps {
  std::array<model::Endpoint*, kEndpointCount> endpoints{};  ///< by EndpointKind; null: no path of that kind is served
  policy::Throttle& throttle;
  observe::Log& log;
  observe::Metrics& metrics;
  observe::AuditLog& audit;
  RenderPage render_page;
  IsWebOrigin is_web_origin;
  std::vector<std::string> trusted_proxies;  ///< whose X-Forwarded-* and X-Original-URI count
};

/// Safe from any thread.
class Engine {
 public:
  /// Mounts oauth2 for every realm, then `mounts`. Errors: config_invalid for an unknown dialect, a mount without a realm, or two mounts
  /// that answer the same path.
  static Result<std::unique_ptr<Engine>> create(const Library& library, const std::vector<config::Mount>& mounts, EngineDeps deps);
  ~Engine();

  /// Whether a mount answers at this path.
  bool serves(std::string_view path) const;
  /// The path of another endpoint of the mount that a request came to, "" where it has none.
  std::string path_of(const model::EndpointRequest& request, model::EndpointKind kind) const;
  /// Whether authorization responses of that mount carry the parameter.
  bool answers_with(const model::EndpointRequest& request, std::string_view parameter) const;
  /// The answer, or the detour that it needs: urgent for what takes tokens back or says whether they hold, and fair by realm and address
  /// prefix. A path that no mount serves is answered with 404.
  std::expected<http::Response, http::Detour> handle(const http::Request& request, const Turn& turn);

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::dialects
