#include "app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "admin/signing_needs.h"
#include "base/cores.h"
#include "endpoints/web_origins.h"
#include "reload.h"

namespace tessera {

namespace {

constexpr std::chrono::seconds kStopGrace{4};
constexpr int kBytesPerHashOverhead = 65'536;
/// Of a core that others want all of, hashes get some 1.5 %, in one slice now and then: what is answered at once waits for one so seldom
/// that its p99 does not know of a storm of logins. Logins wait, and are refused when their queue is full, while tokens take all cores.
constexpr int kNiceOfHashes = 19;

observe::LogLevel log_level(std::string_view name) {
  if (name == "debug") return observe::LogLevel::debug;
  if (name == "warning") return observe::LogLevel::warning;
  if (name == "error") return observe::LogLevel::error;
  return observe::LogLevel::info;
}

observe::LogFormat log_format(std::string_view name) { return name == "text" ? observe::LogFormat::text : observe::LogFormat::json; }

policy::ThrottleLimits throttle_limits(const config::Settings& settings) {
  return {.address_per_minute = settings.throttle_address_per_minute,
          .client_per_minute = settings.throttle_client_per_minute,
          .failures_before_backoff = settings.throttle_failures_before_backoff,
          .backoff_max_s = settings.throttle_backoff_max_s};
}

http::Response plain_text(int status, std::string body) {
  return {
      .status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, .body = std::move(body)};
}

/// "" or "/auth": what stands before our paths where a proxy serves us below its root.
std::string path_below(const std::string& base_url) {
  const auto host = base_url.find("://");
  const auto path = base_url.find('/', host == std::string::npos ? 0 : host + 3);
  return path == std::string::npos ? std::string() : base_url.substr(path);
}

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

/// Plain HTTP beyond loopback shows every secret to the network: it takes an explicit word.
Status require_safe_listeners(const config::Settings& settings) {
  for (const auto& listener : settings.listeners)
    if (listener.tls_certificate.empty() && !is_loopback(listener.address) && !settings.allow_plain_http)
      return fail(Reason::config_invalid, settings.file + ": listener " + listener.address +
                                              " has no TLS; give it tls_certificate and tls_key, or set allow_plain_http = true");
  return {};
}

/// "" for a file that can be read. A pipe is none: whoever reads it waits.
std::string why_unreadable(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return error ? error.message() : "it is no file";
  return std::ifstream(path) ? "" : std::strerror(errno);
}

/// OpenSSL names no file, and buries what the system said.
Status require_tls_files(const config::Settings& settings) {
  for (const auto& listener : settings.listeners)
    for (const auto& [key, path] : {std::pair("tls_certificate", listener.tls_certificate), std::pair("tls_key", listener.tls_key)})
      if (const std::string why = path.empty() ? "" : why_unreadable(path); !why.empty())
        return fail(Reason::config_invalid,
                    fmt::format("{}: {} {} can't be read ({}); put the file there, or correct the path", listener.where, key, path, why));
  return {};
}

/// No refusal: a realm may be applied to the running server.
void warn_of_missing_realms(const config::Settings& settings, const clients::Directory& directory, const observe::Log& log) {
  for (const auto& mount : settings.mounts)
    if (!mount.realm.empty() && !directory.realm(mount.realm))
      log.warning("mounted_realm_missing", {{"place", mount.where},
                                            {"realm", mount.realm},
                                            {"dialect", mount.dialect},
                                            {"what", "its clients get 404 until the realm is applied"}});
}

}  // namespace

Result<std::unique_ptr<App>> App::create(const config::Settings& settings) {
  TRY(require_safe_listeners(settings));
  TRY(require_tls_files(settings));
  auto core = TRY(cli::Core::open(settings));
  TRY(admin::complete_keys(core->admin_services(settings.base_url)));
  auto audit = TRY(observe::AuditLog::open(settings.audit_file.empty() ? settings.data_dir + "/audit.jsonl" : settings.audit_file));
  auto outbound = TRY(http::Outbound::create({.allow = settings.outbound_allow, .ca_file = settings.outbound_ca_file}));
  std::unique_ptr<App> app(new App(settings, std::move(core), std::move(audit), std::move(outbound)));
  app->engine_ = TRY(app->make_engine(settings));
  app->make_servers();
  return app;
}

App::App(const config::Settings& settings, std::unique_ptr<cli::Core> core, std::unique_ptr<observe::AuditLog> audit,
         std::unique_ptr<http::Outbound> outbound)
    : settings_(settings),
      core_(std::move(core)),
      log_(log_level(settings.log_level), log_format(settings.log_format)),
      audit_(std::move(audit)),
      outbound_(std::move(outbound)),
      published_keys_([this](const std::string& uri) { return fetch_keys(uri); }),
      throttle_(throttle_limits(settings)),
      authenticator_(core_->directory(), core_->hasher(), secret_use_, assertion_services()),
      client_gate_(authenticator_, throttle_),
      user_gate_(core_->store().config(), core_->passwords(), throttle_, core_->revocations()),
      refresh_tokens_(core_->keyring(), core_->epoch()),
      issuer_(core_->keyring(), refresh_tokens_, settings.base_url),
      pipeline_({core_->directory(), core_->store().sessions(), core_->store().authorizations(), user_gate_, throttle_,
                 core_->revocations(), issuer_, refresh_tokens_},
                client_gate_),
      interactions_(core_->browser_key("interactions")),
      session_cookies_(core_->browser_key("session-cookies"), core_->epoch()),
      sign_in_(flow_services()),
      sign_out_(flow_services()),
      backchannel_({core_->directory(), core_->store().sessions(), issuer_, *outbound_, core_->clock(), log_, metrics_}),
      pages_(path_below(settings.base_url)),
      access_tokens_(verifier_, core_->keyring(), core_->revocations(), settings.base_url),
      framing_(core_->store().config(), settings.base_url),
      registrar_({core_->directory(), core_->store().registrations(), core_->revocations(), core_->hasher(), access_tokens_}),
      dispatcher_(admin_services()),
      housekeeping_(
          core_->store(), core_->revocations(), secret_use_, core_->cost_survey(),
          [this](TimePoint now, int limit) { return dispatcher_.rotate_due_keys(now, limit); }, settings.audit_keep_days, log_) {
  core_->revocations().add_listener(backchannel_);
  core_->revocations().add_listener(framing_);
  const endpoints::Services services = endpoint_services();
  const auto set = [this](model::EndpointKind kind, std::unique_ptr<model::Endpoint> endpoint) {
    endpoints_[static_cast<std::size_t>(kind)] = std::move(endpoint);
  };
  set(model::EndpointKind::token, std::make_unique<endpoints::TokenEndpoint>(services));
  set(model::EndpointKind::revoke, std::make_unique<endpoints::RevokeEndpoint>(services));
  set(model::EndpointKind::introspect, std::make_unique<endpoints::IntrospectEndpoint>(services));
  set(model::EndpointKind::jwks, std::make_unique<endpoints::JwksEndpoint>(services, &keys::RealmKeys::jwks));
  set(model::EndpointKind::certs, std::make_unique<endpoints::JwksEndpoint>(services, &keys::RealmKeys::certified_jwks));
  set(model::EndpointKind::discovery, std::make_unique<endpoints::DiscoveryEndpoint>(services));
  set(model::EndpointKind::verify, std::make_unique<endpoints::VerifyEndpoint>(services));
  set(model::EndpointKind::logout, std::make_unique<endpoints::LogoutEndpoint>(services, sign_out_));
  set(model::EndpointKind::realm_info, std::make_unique<endpoints::RealmInfoEndpoint>(services));
  for (const auto kind : {model::EndpointKind::registration, model::EndpointKind::client_configuration, model::EndpointKind::client_secret})
    set(kind, std::make_unique<endpoints::RegistrationEndpoint>(services, registrar_));
  set(model::EndpointKind::userinfo, std::make_unique<endpoints::UserinfoEndpoint>(services));
  set(model::EndpointKind::authorize, std::make_unique<endpoints::AuthorizeEndpoint>(sign_in_));
  set(model::EndpointKind::session_status, std::make_unique<endpoints::SessionStatusEndpoint>(services, framing_));
  set(model::EndpointKind::session_status_init, std::make_unique<endpoints::SessionStatusInitEndpoint>(services));
  set(model::EndpointKind::cookie_probe, std::make_unique<endpoints::CookieProbeEndpoint>(services, framing_));
  set(model::EndpointKind::interact, std::make_unique<endpoints::InteractEndpoint>(interactions_, sign_in_, sign_out_));
}

endpoints::Services App::endpoint_services() {
  return {.pipeline = pipeline_,
          .clients = client_gate_,
          .directory = core_->directory(),
          .access_tokens = access_tokens_,
          .keyring = core_->keyring(),
          .sessions = core_->store().sessions(),
          .revocations = core_->revocations(),
          .issuer = issuer_,
          .refresh_tokens = refresh_tokens_,
          .path_of = [this](const auto& request, auto kind) { return path_of(request, kind); },
          .answers_with = [this](const auto& request, auto parameter) { return engine_.load()->answers_with(request, parameter); }};
}

admin::Services App::admin_services() {
  auto services = core_->admin_services(settings_.base_url);
  services.is_stopping = [this] { return stopping_.load(); };
  return services;
}

clients::AssertionServices App::assertion_services() {
  return {.used = core_->store().single_use(),
          .published = published_keys_,
          .issuer_of = [this](const auto& realm) { return issuer_.issuer_of(realm.name); },
          .token_endpoint_of =
              [this](const auto& request) {
                const std::string path = path_of(request, model::EndpointKind::token);
                return path.empty() ? path : settings_.base_url + path;
              }};
}

Result<std::string> App::fetch_keys(const std::string& uri) const {
  auto answer = TRY(outbound_->get(uri, "application/jwk-set+json, application/json"));
  if (answer.status == 200) return std::move(answer.body);
  return fail(Reason::outbound_failed, fmt::format("it answers {}", answer.status));
}

flow::Services App::flow_services() {
  return {.directory = core_->directory(),
          .sessions = core_->store().sessions(),
          .authorizations = core_->store().authorizations(),
          .users = user_gate_,
          .passwords = core_->passwords(),
          .revocations = core_->revocations(),
          .issuer = issuer_,
          .keyring = core_->keyring(),
          .interactions = interactions_,
          .cookies = session_cookies_,
          .path_of = [this](const auto& request, auto kind) {
            const std::string path = path_of(request, kind);
            return path.empty() ? path : path_below(settings_.base_url) + path;
          }};
}

Result<std::shared_ptr<dialects::Engine>> App::make_engine(const config::Settings& settings) {
  dialects::Library library;
  for (const auto& dir : settings.dialect_dirs) TRY(library.load_dir(dir));
  dialects::EngineDeps deps{
      .throttle = throttle_,
      .log = log_,
      .metrics = metrics_,
      .audit = *audit_,
      .render_page = [this](const model::Page& page) { return pages_.render(page); },
      .is_web_origin = [this](const auto& asked, auto origin,
                              const Turn& turn) { return endpoints::is_web_origin(core_->directory(), asked, origin, turn); },
      .trusted_proxies = settings.trusted_proxies};
  for (std::size_t kind = 0; kind < endpoints_.size(); ++kind) deps.endpoints[kind] = endpoints_[kind].get();
  return TRY(dialects::Engine::create(library, settings.mounts, std::move(deps)));
}

void App::make_servers() {
  const int io_threads = settings_.threads > 0 ? settings_.threads : base::usable_cores();
  // A worker that waits for a group commit costs no CPU, and a larger group costs the disk no more: many of them.
  const int workers = settings_.pool_threads > 0 ? settings_.pool_threads : 64;
  const int hashers = http::hash_threads(settings_.hash_memory_bytes,
                                         static_cast<std::size_t>(settings_.password_memory_kib) * 1024 + kBytesPerHashOverhead);

  http::ServerOptions options{.threads = io_threads,
                              .pool = {.threads = workers, .queue = 4'096, .per_key = 1'024},
                              .hash = {.threads = hashers, .queue = 256, .per_key = 64, .nice = kNiceOfHashes},
                              .reserved = {.threads = 4, .queue = 1'024, .per_key = 256}};
  for (const auto& listener : settings_.listeners)
    options.listeners.push_back(
        {.address = listener.address, .port = listener.port, .tls = {.certificate = listener.tls_certificate, .key = listener.tls_key}});
  public_server_ = std::make_unique<http::Server>(
      std::move(options), [this](const http::Request& request, const Turn& turn) { return answer_public(request, turn); }, core_->clock(),
      log_, metrics_);

  // Operators only, who all look alike: nothing to share out.
  const http::PoolSize small{.threads = 1, .queue = 64, .per_key = 64};
  if (settings_.metrics_port != 0)
    metrics_server_ = std::make_unique<http::Server>(
        http::ServerOptions{.listeners = {{.address = settings_.metrics_address, .port = settings_.metrics_port}},
                            .threads = 1,
                            .pool = small,
                            .hash = small,
                            .reserved = small},
        [this](const http::Request& request, const Turn& turn) { return answer_metrics(request, turn); }, core_->clock(), log_, metrics_);
  admin_server_ = std::make_unique<http::Server>(
      http::ServerOptions{.listeners = {{.unix_path = settings_.data_dir + "/admin.sock"}},
                          .threads = 1,
                          .pool = small,
                          .hash = small,
                          .reserved = small,
                          .limits = {.body_bytes = 64UL * 1024 * 1024}},
      [this](const http::Request& request, const Turn& turn) { return answer_admin(request, turn); }, core_->clock(), log_, metrics_);
}

Status App::start() {
  housekeeping_.start();
  backchannel_.start();
  TRY(admin_server_->start());
  if (metrics_server_) TRY(metrics_server_->start());
  TRY(public_server_->start());
  ready_ = true;
  warn_of_missing_realms(settings_, core_->directory(), log_);
  if (settings_.allow_plain_http) log_.warning("plain_http_allowed", {{"what", "secrets and tokens cross the network unencrypted"}});
  return {};
}

void App::stop() {
  ready_ = false;
  stopping_ = true;
  log_.info("stopping");
  public_server_->stop(kStopGrace);
  if (metrics_server_) metrics_server_->stop(std::chrono::milliseconds(0));
  admin_server_->stop(std::chrono::seconds(1));
  backchannel_.stop();
  housekeeping_.finish();
  log_.info("stopped");
}

Status App::reload(const config::Settings& settings) {
  TRY(require_safe_listeners(settings));
  TRY(require_tls_files(settings));
  auto engine = TRY(make_engine(settings));
  TRY(public_server_->reload_tls(certificates_for(settings_, settings)));
  engine_ = std::move(engine);
  throttle_.set_limits(throttle_limits(settings));
  log_.set_level(log_level(settings.log_level));
  log_.set_format(log_format(settings.log_format));
  housekeeping_.set_audit_keep_days(settings.audit_keep_days);
  warn_of_missing_realms(settings, core_->directory(), log_);
  if (const auto changed = settings_that_need_restart(settings_, settings); !changed.empty())
    log_.warning("reload_needs_restart",
                 {{"settings", fmt::format("{}", fmt::join(changed, ", "))}, {"what", "they stay as they are until then"}});
  if (const Status reopened = audit_->reopen(); !reopened)
    log_.warning("audit_not_reopened", {{"why", reopened.error().context}, {"what", "events go on into the old file"}});
  return {};
}

Status App::tick() {
  housekeeping_.tick(core_->clock().now());
  return core_->store().keep();
}

std::expected<http::Response, http::Detour> App::answer_public(const http::Request& request, const Turn& turn) {
  if (request.path == "/healthz") return plain_text(200, "ok\n");
  if (request.path == "/readyz") {
    if (turn.lane == Lane::io) return std::unexpected(http::Detour{.fairness_key = policy::address_prefix(request.remote_address)});
    return readiness(turn);
  }
  if (request.method == "GET" || request.method == "HEAD")
    if (auto asset = pages_.asset(request.path)) return *std::move(asset);
  return engine_.load()->handle(request, turn);
}

std::expected<http::Response, http::Detour> App::answer_metrics(const http::Request& request, const Turn&) {
  if (request.path != "/metrics") return plain_text(404, "metrics are at /metrics\n");
  public_server_->report_gauges();
  metrics_.set_gauge("tessera_audit_dropped_events", "", "", static_cast<double>(audit_->dropped()));
  metrics_.set_gauge("tessera_store_queue_depth", "", "", static_cast<double>(core_->store().write_depth()));
  auto response = plain_text(200, metrics_.render());
  response.headers.front().second = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

std::expected<http::Response, http::Detour> App::answer_admin(const http::Request& request, const Turn& turn) {
  if (request.path != "/admin" || request.method != "POST") return plain_text(404, "POST /admin\n");
  if (turn.lane == Lane::io) return std::unexpected(http::Detour{.lane = Lane::hash});
  return http::Response{.status = 200,
                        .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
                        .body = dispatcher_.handle(request.body)};
}

http::Response App::readiness(const Turn&) {
  if (!ready_) return plain_text(503, "starting or stopping\n");
  const auto realms = core_->store().config().realms();
  if (!realms) return plain_text(503, "the store does not answer: " + std::string(base::reason_line(realms.error().reason)) + "\n");
  return plain_text(200, "ready\n");
}

}  // namespace tessera
