#include "world.h"

#include "store/db_sqlite.h"
#include "store/migrations.h"

namespace tessera::sim {

namespace {

/// Realms that are served: this one only, once it exists.
std::vector<model::Realm> only(const std::string& name, const clients::Directory& directory) {
  const auto realm = directory.realm(name);
  return realm ? std::vector<model::Realm>{*realm} : std::vector<model::Realm>{};
}

std::vector<Secret> master_keys() {
  std::vector<Secret> keys;
  keys.emplace_back(std::string(32, 'm'));
  return keys;
}

// A history is about what is counted and compared, not about what a hash costs.
constexpr sessions::PasswordCost kCheap{.passes = 1, .memory_bytes = 8'192};

}  // namespace

Disk::Disk() {
  auto memory = sure(store::open_sqlite_in_memory());
  sure(store::migrate(*memory));
  db_ = std::make_unique<store::FaultyDb>(std::move(memory), [this] { return std::exchange(next_fault, store::Fault::none); });
}

Secrets::Secrets()
    : sealer(master_keys()), hasher(sealer.derive("client-secret-pepper")), passwords(kCheap, sealer.derive("password-naming")) {}

Server::Server(Disk& disk, const Secrets& secrets, const FakeClock& clock, const std::string& realm, Interruption interruption)
    : clock_(clock),
      realm_(realm),
      sql_config_(disk.db(), guard_, withdrawals_),
      sql_sessions_(disk.db(), guard_),
      journal_(disk.db(), guard_),
      authorizations_(disk.db(), sql_sessions_),
      config_(sql_config_, interruption),
      sessions_(sql_sessions_, interruption, [&disk] { return std::exchange(disk.next_read_fails, false); }),
      interrupting_(interruption),
      directory_(config_, 64, 64),
      // One thread: whoever waits for another commit waits in vain.
      revocations_(config_, journal_, {.token_entries = 2, .catch_up_wait = std::chrono::milliseconds(0)}),
      keyring_(config_, secrets.sealer),
      watcher_(keyring_, revocations_, directory_),
      registrations_(disk.db()),
      single_use_(disk.db()),
      authenticator_(directory_, secrets.hasher, secret_use_,
                     {.used = single_use_,
                      .published = published_keys_,
                      .issuer_of = [this](const auto& realm) { return issuer_.issuer_of(realm.name); },
                      .token_endpoint_of = [](const auto&) { return std::string(); }}),
      // No limits: a history takes seconds of the server's time, and its clock stands still.
      throttle_({.address_per_minute = 0, .client_per_minute = 0, .failures_before_backoff = 1'000'000}),
      client_gate_(authenticator_, throttle_),
      user_gate_(config_, secrets.passwords, throttle_, revocations_),
      refresh_tokens_(keyring_, sure(journal_.epoch())),
      issuer_(keyring_, refresh_tokens_, "https://t.example"),
      pipeline_({directory_, sessions_, authorizations_, user_gate_, throttle_, revocations_, issuer_, refresh_tokens_}, client_gate_),
      verifier_(64),
      access_tokens_(verifier_, keyring_, revocations_, "https://t.example"),
      token_endpoint_(endpoint_services()),
      revoke_endpoint_(endpoint_services()),
      introspect_endpoint_(endpoint_services()),
      interactions_(Secret(std::string(32, 'i'))),
      session_cookies_(Secret(std::string(32, 'c')), 1),
      sign_out_({.directory = directory_,
                 .sessions = sessions_,
                 .authorizations = authorizations_,
                 .users = user_gate_,
                 .passwords = secrets.passwords,
                 .revocations = revocations_,
                 .issuer = issuer_,
                 .keyring = keyring_,
                 .interactions = interactions_,
                 .cookies = session_cookies_,
                 .path_of = {}}),
      logout_endpoint_(endpoint_services(), sign_out_),
      admin_({.config = config_,
              .sessions = sessions_,
              .authorizations = authorizations_,
              .registrations = registrations_,
              .revocations = revocations_,
              .directory = directory_,
              .keyring = keyring_,
              .sealer = secrets.sealer,
              .hasher = secrets.hasher,
              .passwords = secrets.passwords,
              .clock = clock_,
              .base_url = "https://t.example",
              .require_first_key_read = [] { return Status{}; }}) {
  sure(guard_.start(disk.db()));
  sure(directory_.load_realms());
  sure(keyring_.load(only(realm, directory_)));
  sure(revocations_.load(only(realm, directory_)));
  revocations_.add_listener(interrupting_);
  revocations_.add_listener(directory_);
  revocations_.add_listener(watcher_);
}

endpoints::Services Server::endpoint_services() {
  return {.pipeline = pipeline_,
          .clients = client_gate_,
          .directory = directory_,
          .access_tokens = access_tokens_,
          .keyring = keyring_,
          .sessions = sessions_,
          .revocations = revocations_,
          .issuer = issuer_,
          .refresh_tokens = refresh_tokens_,
          .path_of = [](const model::EndpointRequest&, model::EndpointKind) { return std::string(); }};
}

/// As a connection does: on its own thread first, and on a worker when that would wait.
Result<model::Reply> Server::handle(model::Endpoint& endpoint, const model::EndpointRequest& request,
                                    const std::function<void()>& begin_run) {
  const auto run_on = [&](Lane lane) {
    begin_run();
    return endpoint.handle(request, {clock_.now(), lane});
  };
  auto reply = run_on(Lane::io);
  if (!reply && (reply.error().reason == Reason::would_wait || reply.error().reason == Reason::would_look_up)) reply = run_on(Lane::pool);
  if (!reply && reply.error().reason == Reason::would_hash) reply = run_on(Lane::hash);
  return reply;
}

Result<model::TokenSet> Server::token(const model::EndpointRequest& request, const std::function<void()>& begin_run) {
  auto reply = handle(token_endpoint_, request, begin_run);
  if (!reply) return std::unexpected(std::move(reply).error());
  return std::get<model::TokenSet>(std::move(*reply));
}

Status Server::revoke(const model::EndpointRequest& request) {
  auto reply = handle(revoke_endpoint_, request);
  if (!reply) return std::unexpected(std::move(reply).error());
  return {};
}

Status Server::logout(const model::EndpointRequest& request) {
  auto reply = handle(logout_endpoint_, request);
  if (!reply) return std::unexpected(std::move(reply).error());
  return {};
}

Result<std::shared_ptr<const model::AccessToken>> Server::verify(std::string_view token) {
  return access_tokens_.judge(*realm(), token, clock_.now());
}

Result<bool> Server::introspect(const model::EndpointRequest& request) {
  const auto reply = handle(introspect_endpoint_, request);
  if (!reply) return std::unexpected(reply.error());
  return std::get<model::Document>(*reply).json.starts_with(R"({"active":true)");
}

Result<tokens::ShownRefreshToken> Server::read_refresh(std::string_view token) {
  return refresh_tokens_.read(realm()->id, issuer_.issuer_of(realm_), token);
}

}  // namespace tessera::sim
