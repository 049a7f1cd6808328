// The composition root: builds each part once and passes it by reference. No globals.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "admin/dispatcher.h"
#include "cli/core.h"
#include "cli/housekeeping.h"
#include "clients/authenticator.h"
#include "config/settings.h"
#include "dialects/engine.h"
#include "endpoints/endpoints.h"
#include "flow/backchannel.h"
#include "flow/sign_in.h"
#include "flow/sign_out.h"
#include "grants/client_gate.h"
#include "grants/pipeline.h"
#include "http/server.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "pages/pages.h"
#include "policy/throttle.h"
#include "tokens/access_tokens.h"
#include "tokens/issuer.h"
#include "verifier/verifier.h"

namespace tessera {

/// A server, built and ready to start. The members stand in the order in which they need each other.
class App {
 public:
  /// Errors: config_invalid, store_unavailable, store_corrupt, dialect_invalid; each context is one line for the operator.
  static Result<std::unique_ptr<App>> create(const config::Settings& settings);

  /// Listens: the public listeners, metrics, the admin socket.
  Status start();
  /// Finishes what runs and writes what was batched, within 5 s.
  void stop();
  /// Takes over what can change while serving: mounts and dialects, listed proxies, throttles, the log's level and format, certificates and
  /// for how long the audit is kept; of the rest it logs what changed and needs a restart. On an error everything stays as it was.
  Status reload(const config::Settings& settings);
  /// What has to be done from time to time; called once a second. Errors, on which to stop: store_unavailable when another server has
  /// the database, store_corrupt when it was restored meanwhile.
  Status tick();

  const observe::Log& log() const { return log_; }
  std::uint16_t bound_port(std::size_t listener) const { return public_server_->bound_port(listener); }

 private:
  App(const config::Settings& settings, std::unique_ptr<cli::Core> core, std::unique_ptr<observe::AuditLog> audit,
      std::unique_ptr<http::Outbound> outbound);
  Result<std::shared_ptr<dialects::Engine>> make_engine(const config::Settings& settings);
  endpoints::Services endpoint_services();
  admin::Services admin_services();
  clients::AssertionServices assertion_services();
  Result<std::string> fetch_keys(const std::string& uri) const;
  flow::Services flow_services();
  std::string path_of(const model::EndpointRequest& request, model::EndpointKind kind) const {
    return engine_.load()->path_of(request, kind);
  }
  std::expected<http::Response, http::Detour> answer_public(const http::Request& request, const Turn& turn);
  std::expected<http::Response, http::Detour> answer_metrics(const http::Request& request, const Turn& turn);
  std::expected<http::Response, http::Detour> answer_admin(const http::Request& request, const Turn& turn);
  http::Response readiness(const Turn& turn);
  void make_servers();

  config::Settings settings_;
  std::unique_ptr<cli::Core> core_;
  observe::Log log_;
  observe::Metrics metrics_;
  std::unique_ptr<observe::AuditLog> audit_;
  std::unique_ptr<http::Outbound> outbound_;
  clients::PublishedKeys published_keys_;
  policy::Throttle throttle_;
  clients::SecretUse secret_use_;
  clients::Authenticator authenticator_;
  grants::ClientGate client_gate_;
  users::UserGate user_gate_;
  verifier::Verifier verifier_;
  tokens::RefreshTokens refresh_tokens_;
  tokens::Issuer issuer_;
  grants::Pipeline pipeline_;
  flow::Interactions interactions_;
  flow::SessionCookies session_cookies_;
  flow::SignIn sign_in_;
  flow::SignOut sign_out_;
  flow::Backchannel backchannel_;
  pages::Pages pages_;
  tokens::AccessTokens access_tokens_;
  endpoints::Framing framing_;
  registration::Registrar registrar_;
  std::array<std::unique_ptr<model::Endpoint>, dialects::kEndpointCount> endpoints_;
  std::atomic<std::shared_ptr<dialects::Engine>> engine_;
  std::atomic<bool> stopping_ = false;
  admin::Dispatcher dispatcher_;
  cli::Housekeeping housekeeping_;
  std::unique_ptr<http::Server> public_server_;
  std::unique_ptr<http::Server> metrics_server_;
  std::unique_ptr<http::Server> admin_server_;
  std::atomic<bool> ready_ = false;
};

}  // namespace tessera
