#include "store/sql_store.h"

#include <filesystem>

#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrations.h"
#include "store/postgres_lock.h"
#include "store/sql_config.h"
#include "store/sql_journal.h"
#include "store/sql_sessions.h"

namespace tessera::store {
namespace {

/// What keeps others out: of the data folder, of a PostgreSQL database.
struct Locks {
  File folder = File();
  std::unique_ptr<PostgresLock> database = nullptr;
};

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<Db> db, std::unique_ptr<EpochFile> epoch, Locks locks)
      : locks_(std::move(locks)),
        guard_(std::move(epoch)),
        db_(std::move(db)),
        config_(*db_, guard_),
        sessions_(*db_, guard_),
        journal_(*db_, guard_) {}

  Status start(bool accept_restored) { return guard_.start(*db_, accept_restored); }

  ConfigStore& config() override { return config_; }
  SessionStore& sessions() override { return sessions_; }
  JournalStore& journal() override { return journal_; }
  std::size_t write_depth() const override { return db_->depth(); }
  Status keep_alone() override { return locks_.database ? locks_.database->keep() : Status{}; }
  void close() override { db_->close(); }

 private:
  Locks locks_;  ///< released last
  JournalGuard guard_;
  std::unique_ptr<Db> db_;
  SqlConfig config_;
  SqlSessions sessions_;
  SqlJournal journal_;
};

/// `db` is migrated.
Result<std::unique_ptr<Store>> start(std::unique_ptr<Db> db, std::unique_ptr<EpochFile> epoch, Locks locks, bool accept_restored) {
  auto store = std::make_unique<SqlStore>(std::move(db), std::move(epoch), std::move(locks));
  TRY(store->start(accept_restored));
  return store;
}

/// Says of an unreadable database where it is and what to do.
template <class T>
Result<T> explained(const std::string& path, Result<T> opened) {
  if (!opened && opened.error().reason == Reason::store_corrupt)
    opened.error().context = path + " can't be read (" + opened.error().context + "): restore a backup and run tessera restore --accept";
  return opened;
}

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
  auto lock = TRY(lock_file(options.data_dir + "/lock"));
  auto epoch = TRY(EpochFile::open(options.data_dir + "/epoch"));
  const auto path = options.data_dir + "/tessera.db";
  std::error_code ignored;
  if (epoch->mark() != EpochMark{} && !std::filesystem::exists(path, ignored))
    return fail(Reason::store_corrupt,
                path + " is missing, but " + epoch->path() +
                    " says that there was one: put the database back, or restore a backup and run tessera restore --accept");
  auto db = TRY(explained(path, open_sqlite(path)));
  TRY(explained(path, migrate(*db)));
  return start(std::move(db), std::move(epoch), Locks{.folder = std::move(lock)}, options.accept_restored);
}

Result<std::unique_ptr<Store>> open_postgres_store(const StoreOptions& options) {
  auto epoch = TRY(EpochFile::open(options.data_dir + "/epoch"));
  Locks locks;
  if (options.alone) locks.database = TRY(PostgresLock::take(options.url));
  auto db = TRY(open_postgres(options.url));
  TRY(migrate(*db));
  return start(std::move(db), std::move(epoch), std::move(locks), options.accept_restored);
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
  if (options.url.empty()) return open_sqlite_store(options);
  if (options.url.starts_with("postgresql://") || options.url.starts_with("postgres://")) return open_postgres_store(options);
  return fail(Reason::config_invalid, "the store's URL must begin with postgresql://; leave it out for SQLite");
}

Result<std::unique_ptr<Store>> open_store_in_memory(std::function<Fault()> next_fault) {
  auto db = TRY(open_sqlite_in_memory());
  TRY(migrate(*db));
  if (next_fault) db = std::make_unique<FaultyDb>(std::move(db), std::move(next_fault));
  return start(std::move(db), nullptr, Locks{}, false);
}

}  // namespace tessera::store
