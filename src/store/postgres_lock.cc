#include "store/postgres_lock.h"

#include <chrono>
#include <thread>

#include "store/sql_rows.h"

namespace tessera::store {
namespace {

/// "tessera" in ASCII; advisory locks are a database's own.
constexpr std::int64_t kLockKey = 0x74657373657261;
/// PostgreSQL needs a moment to notice that a client was killed.
constexpr int kAttempts = 30;
constexpr std::chrono::milliseconds kBetweenAttempts{100};

}  // namespace

Status PostgresLock::connect() {
  connection_.reset();
  auto connection = TRY(PostgresConnection::open(url_));
  // The server lets go of the lock within seconds when this machine is gone without a word.
  TRY(connection->run_script("set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3"));
  const auto taken = TRY(select_number(*connection, "select case when pg_try_advisory_lock(:key) then 1 else 0 end", {{"key", kLockKey}}));
  if (taken == 0) return fail(Reason::record_conflict);
  connection_ = std::move(connection);
  return {};
}

Result<std::unique_ptr<PostgresLock>> PostgresLock::take(const std::string& url) {
  std::unique_ptr<PostgresLock> lock(new PostgresLock(url));
  for (int attempt = 1;; ++attempt) {
    const auto connected = lock->connect();
    if (connected) return lock;
    if (connected.error().reason != Reason::record_conflict) return std::unexpected(connected.error());
    if (attempt == kAttempts)
      return fail(Reason::store_unavailable,
                  "another Tessera has the database open: one server works on it, and commands reach that server with its --config, on its "
                  "machine");
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

Status PostgresLock::keep() {
  if (connection_ && connection_->run("select 1", {})) return {};
  const auto connected = connect();
  if (!connected && connected.error().reason == Reason::record_conflict)
    return fail(Reason::store_unavailable, "the connection to the database was lost, and another Tessera has taken it: this server stops");
  return {};
}

}  // namespace tessera::store
