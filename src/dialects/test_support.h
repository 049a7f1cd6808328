// An engine over endpoints that answer as told and remember what they were asked.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dialects/engine.h"

namespace tessera::dialects {

/// Those that the tests look at.
inline constexpr std::string_view kParameterNames[] = {"username", "password", "scope",         "unknown", "client_id",  "expiry",
                                                       "token",    "audience", "refresh_token", "state",   "interaction"};

class FakeEndpoint final : public model::Endpoint {
 public:
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn&) override {
    ++calls;
    realm = request.realm;
    dialect = request.dialect;
    mount_base = request.mount_base;
    grant_type = request.grant_type;
    parameters = request.parameters.only(kParameterNames);
    duplicated = request.duplicated;
    method = request.credential.method;
    client_id = request.credential.client_id;
    secret = request.credential.secret.reveal();
    ambiguous = request.credential.ambiguous;
    bearer_tokens = request.bearer_tokens;
    query_tokens = request.query_tokens;
    peer = request.peer;
    verb = request.verb;
    managed_client = request.managed_client;
    document = request.document;
    cookies = request.cookies;
    language = request.accept_language;
    return answer();
  }

  std::function<Result<model::Reply>()> answer = [] { return model::Reply(model::Empty{}); };
  int calls = 0;
  std::string realm, dialect, mount_base, grant_type, client_id, secret;
  model::Parameters parameters;
  bool duplicated = false;
  bool ambiguous = false;
  model::ClientAuthMethod method = model::ClientAuthMethod::none;
  std::vector<std::string> bearer_tokens, query_tokens;
  std::vector<std::pair<std::string, std::string>> cookies;
  std::string language;
  model::Peer peer;
  model::Verb verb = model::Verb::create;
  std::string managed_client, document;
};

class FakeAudit final : public observe::AuditLog {
 public:
  void record(const observe::TokenEvent& event) override {
    events.push_back(std::string(event.realm) + "|" + std::string(event.endpoint) + "|" + std::string(event.client_id) + "|" +
                     std::string(event.reason));
    jtis.emplace_back(event.jti);
    subjects.emplace_back(event.subject);
    grants.emplace_back(event.grant_type);
  }
  std::uint64_t dropped() const override { return 0; }
  Status reopen() override { return {}; }
  std::vector<std::string> events, jtis, subjects, grants;
};

/// The built-in dialects and those of tests/dialects, read once.
inline const Library& test_library() {
  static const Library library = [] {
    Library loaded;
    const Status status = loaded.load_dir(TESSERA_SOURCE_DIR "/tests/dialects");
    if (!status) throw std::runtime_error(status.error().context);
    return loaded;
  }();
  return library;
}

/// Answers of one server. The request's text has to outlive it only until `send` returns.
struct Bench {
  explicit Bench(const std::vector<config::Mount>& mounts = {}, policy::ThrottleLimits limits = {})
      : throttle(limits), log(observe::LogLevel::error, observe::LogFormat::text) {
    EngineDeps deps{.throttle = throttle,
                    .log = log,
                    .metrics = metrics,
                    .audit = audit,
                    .render_page = [this](const model::Page& page) { return rendered(page); },
                    .is_web_origin = [this](const auto&, std::string_view origin, const Turn& turn) -> Result<bool> {
                      if (turn.lane < origin_lane) return fail(Reason::would_look_up);
                      return origin == web_origin;
                    },
                    .trusted_proxies = {"10.0.0.1"}};
    for (std::size_t i = 0; i < kEndpointCount; ++i) deps.endpoints[i] = &endpoints[i];
    auto created = Engine::create(test_library(), mounts, std::move(deps));
    if (created)
      engine = *std::move(created);
    else
      refusal = created.error().context;
  }

  /// A page as far as a test looks: the number of its kind, and what an error page or a form says.
  http::Response rendered(const model::Page& page) {
    pages.push_back(page);
    return {page.status, {{"Content-Type", "text/html"}}, std::to_string(page.content.index())};
  }
  std::vector<model::Page> pages;

  FakeEndpoint& endpoint(model::EndpointKind kind) { return endpoints[static_cast<std::size_t>(kind)]; }

  std::expected<http::Response, http::Detour> send(std::string_view method, std::string_view target, std::vector<http::Header> headers = {},
                                                   std::string_view body = {}, Lane lane = Lane::io,
                                                   std::string_view remote = "192.0.2.7") {
    http::Request request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    request.query = target.find('?') == std::string_view::npos ? std::string_view() : target.substr(target.find('?') + 1);
    request.headers = std::move(headers);
    request.body = body;
    request.remote_address = remote;
    request.request_id = "r1";
    return engine->handle(request, {base::from_s(1'800'000'000), lane});
  }

  std::string web_origin;       ///< that the client has registered
  Lane origin_lane = Lane::io;  ///< from which on that is known
  policy::Throttle throttle;
  observe::Log log;
  observe::Metrics metrics;
  FakeAudit audit;
  std::array<FakeEndpoint, kEndpointCount> endpoints;
  std::unique_ptr<Engine> engine;
  std::string refusal;
};

inline std::string header_of(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

inline const std::vector<http::Header> kForm = {{"Content-Type", "application/x-www-form-urlencoded"}};
inline const std::vector<http::Header> kJson = {{"Content-Type", "application/json"}};

}  // namespace tessera::dialects
