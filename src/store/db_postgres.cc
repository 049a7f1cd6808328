#include "store/db_postgres.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "store/postgres_connection.h"

namespace tessera::store {
namespace {

constexpr std::size_t kConnectionsMax = 32;
constexpr std::chrono::seconds kConnectionWait{5};
/// Deadlocks and connections that the server closed meanwhile.
constexpr int kAttemptsMax = 5;

/// A bounded set of connections, opened as they are needed.
class PostgresPool {
 public:
  explicit PostgresPool(std::string url) : url_(std::move(url)) {}

  Result<std::unique_ptr<PostgresConnection>> take() {
    std::unique_lock lock(mutex_);
    const bool came = came_back_.wait_for(lock, kConnectionWait, [this] { return closed_ || !idle_.empty() || open_ < kConnectionsMax; });
    if (closed_) return fail(Reason::shutting_down);
    if (!came) return fail(Reason::store_unavailable, "postgresql: every connection is busy");
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
    lock.unlock();
    auto connection = PostgresConnection::open(url_);
    if (!connection) drop_one();
    return connection;
  }

  /// A broken connection is closed, and with it the idle ones, which have met the same end.
  void give_back(std::unique_ptr<PostgresConnection> connection) {
    std::vector<std::unique_ptr<PostgresConnection>> dead;
    const std::lock_guard lock(mutex_);
    if (connection->broken()) {
      dead.swap(idle_);
      dead.push_back(std::move(connection));
      open_ -= dead.size();
    } else {
      idle_.push_back(std::move(connection));
    }
    came_back_.notify_all();
  }

  std::size_t lent() const {
    const std::lock_guard lock(mutex_);
    return open_ - idle_.size();
  }

  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    came_back_.wait(lock, [this] { return idle_.size() == open_; });
    idle_.clear();
    open_ = 0;
  }

 private:
  void drop_one() {
    const std::lock_guard lock(mutex_);
    --open_;
    came_back_.notify_all();
  }

  const std::string url_;
  mutable std::mutex mutex_;
  std::condition_variable came_back_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t open_ = 0;
  bool closed_ = false;
};

Status run_transaction(PostgresConnection& connection, const Work& job) {
  TRY(connection.begin());
  auto done = run_guarded(job, connection);
  if (done) return connection.commit();
  if (!connection.broken()) connection.rollback();
  return done;
}

class PostgresDb final : public Db {
 public:
  explicit PostgresDb(const std::string& url) : pool_(url) {}
  ~PostgresDb() override { pool_.close(); }

  Status read(Lane lane, const Work& work) override {
    if (lane == Lane::io) return fail(Reason::would_wait);
    return attempt([&](PostgresConnection& connection) { return run_guarded(work, connection); });
  }
  Status write(Lane lane, Pause*, const Work& job) override {
    if (lane == Lane::io) return fail(Reason::would_wait);
    return attempt([&](PostgresConnection& connection) { return run_transaction(connection, job); });
  }
  std::size_t depth() const override { return pool_.lent(); }
  void close() override { pool_.close(); }

 private:
  /// Runs `work` again while nothing can have come of it.
  template <class Attempt>
  Status attempt(Attempt work) {
    for (int attempts = 1;; ++attempts) {
      auto connection = TRY(pool_.take());
      auto done = work(*connection);
      const bool again = !done && done.error().reason == Reason::store_unavailable && (connection->broken() || connection->lost_race());
      pool_.give_back(std::move(connection));
      if (!again || attempts == kAttemptsMax) return done;
    }
  }

  PostgresPool pool_;
};

}  // namespace

Result<std::unique_ptr<Db>> open_postgres(const std::string& url) {
  auto db = std::make_unique<PostgresDb>(url);
  TRY(db->read(Lane::pool, [](Connection&) -> Status { return {}; }));
  return db;
}

}  // namespace tessera::store
