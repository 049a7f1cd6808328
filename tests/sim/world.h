// The real domain over the real store: a disk that outlives crashes, and a server that does not.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "admin/operations.h"
#include "cli/core.h"
#include "clients/authenticator.h"
#include "clients/directory.h"
#include "endpoints/endpoints.h"
#include "flow/sign_out.h"
#include "grants/client_gate.h"
#include "grants/pipeline.h"
#include "interruptible_store.h"
#include "keys/keyring.h"
#include "policy/throttle.h"
#include "revocation/revocations.h"
#include "sessions/passwords.h"
#include "store/db_faults.h"
#include "store/sql_authorizations.h"
#include "store/sql_config.h"
#include "store/sql_journal.h"
#include "store/sql_registrations.h"
#include "store/sql_sessions.h"
#include "store/sql_single_use.h"
#include "tokens/issuer.h"
#include "verifier/verifier.h"

namespace tessera::sim {

class FakeClock final : public Clock {
 public:
  static constexpr std::int64_t kStartS = 1'800'000'000;
  TimePoint now() const override { return now_; }
  std::int64_t now_s() const { return base::to_s(now_); }
  void step(std::int64_t seconds) { now_ += std::chrono::seconds(seconds); }

 private:
  TimePoint now_ = base::from_s(kStartS);
};

/// What survives a crash: the database. Many histories share one, each in a realm of its own.
class Disk {
 public:
  Disk();
  store::Db& db() { return *db_; }
  /// What befalls the next write; it goes back to none by itself.
  store::Fault next_fault = store::Fault::none;
  /// The next read of a family or session finds the store away; goes back to false by itself.
  bool next_read_fails = false;

 private:
  std::unique_ptr<store::Db> db_;
};

/// What never changes and so need not be made again for each server.
struct Secrets {
  Secrets();
  keys::Sealer sealer;
  clients::SecretHasher hasher;
  sessions::Passwords passwords;
};

/// Every domain object of a running server. A crash destroys it.
class Server {
 public:
  /// `realm`: the one to serve, or nothing while it does not exist yet.
  Server(Disk& disk, const Secrets& secrets, const FakeClock& clock, const std::string& realm, Interruption interruption);

  /// `begin_run` is called when the request is run, and again when it is run again on another lane.
  Result<model::TokenSet> token(const model::EndpointRequest& request, const std::function<void()>& begin_run);
  Status revoke(const model::EndpointRequest& request);
  Status logout(const model::EndpointRequest& request);
  /// The token's claims, when it lives.
  Result<std::shared_ptr<const model::AccessToken>> verify(std::string_view token);
  Result<bool> introspect(const model::EndpointRequest& request);
  Result<tokens::ShownRefreshToken> read_refresh(std::string_view token);

  std::shared_ptr<const model::Realm> realm() const { return directory_.realm(realm_); }
  Turn turn() const { return {clock_.now(), Lane::hash}; }
  store::SessionStore& sessions() { return sql_sessions_; }
  revocation::Revocations& revocations() { return revocations_; }
  admin::Operations& admin() { return admin_; }
  keys::Keyring& keyring() { return keyring_; }

 private:
  endpoints::Services endpoint_services();
  Result<model::Reply> handle(
      model::Endpoint& endpoint, const model::EndpointRequest& request, const std::function<void()>& begin_run = [] {});

  const FakeClock& clock_;
  const std::string realm_;
  store::JournalGuard guard_{nullptr};
  store::WithdrawalGuard withdrawals_;
  store::SqlConfig sql_config_;
  store::SqlSessions sql_sessions_;
  store::SqlJournal journal_;
  store::SqlAuthorizations authorizations_;
  InterruptibleConfig config_;
  InterruptibleSessions sessions_;
  InterruptingListener interrupting_;
  clients::Directory directory_;
  revocation::Revocations revocations_;
  keys::Keyring keyring_;
  cli::RealmWatcher watcher_;
  clients::SecretUse secret_use_;
  store::SqlRegistrations registrations_;
  store::SqlSingleUse single_use_;
  clients::PublishedKeys published_keys_{[](const auto&) -> Result<std::string> { return fail(Reason::outbound_failed); }};
  clients::Authenticator authenticator_;
  policy::Throttle throttle_;
  grants::ClientGate client_gate_;
  users::UserGate user_gate_;
  tokens::RefreshTokens refresh_tokens_;
  tokens::Issuer issuer_;
  grants::Pipeline pipeline_;
  verifier::Verifier verifier_;
  tokens::AccessTokens access_tokens_;
  endpoints::TokenEndpoint token_endpoint_;
  endpoints::RevokeEndpoint revoke_endpoint_;
  endpoints::IntrospectEndpoint introspect_endpoint_;
  flow::Interactions interactions_;
  flow::SessionCookies session_cookies_;
  flow::SignOut sign_out_;
  endpoints::LogoutEndpoint logout_endpoint_;
  admin::Operations admin_;
};

/// Set-up must not fail.
template <class T>
T sure(Result<T> result) {
  if (!result) throw std::runtime_error("set-up: " + std::string(base::reason_name(result.error().reason)) + " " + result.error().context);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace tessera::sim
