#include "store/sql_store.h"

#include <fmt/format.h>

#include <filesystem>

#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrations.h"
#include "store/postgres_lock.h"
#include "store/sql_config.h"
#include "store/sql_journal.h"
#include "store/sql_sessions.h"
#include "store/sql_withdrawals.h"

namespace tessera::store {
namespace {

/// What keeps others out: of the data folder, of a PostgreSQL database.
struct Locks {
  File folder = File();
  std::unique_ptr<PostgresLock> database = nullptr;
};

/// What stands beside the database and tells a restored one; neither for one in memory.
struct Witnesses {
  std::unique_ptr<EpochFile> epoch = nullptr;
  std::unique_ptr<WithdrawalFile> withdrawals = nullptr;
};

Result<Witnesses> open_witnesses(const StoreOptions& options) {
  const auto if_broken = options.restored_at ? EpochFile::IfBroken::begin_anew : EpochFile::IfBroken::refuse;
  auto epoch = TRY(EpochFile::open(options.data_dir + "/epoch", if_broken));
  return Witnesses{.epoch = std::move(epoch), .withdrawals = TRY(WithdrawalFile::open(options.data_dir + "/withdrawals"))};
}

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<Db> db, Witnesses witnesses, Locks locks)
      : locks_(std::move(locks)),
        witnesses_(std::move(witnesses)),
        guard_(witnesses_.epoch.get()),
        withdrawals_(witnesses_.withdrawals.get(), witnesses_.epoch.get()),
        db_(std::move(db)),
        config_(*db_, guard_, withdrawals_),
        sessions_(*db_, guard_),
        journal_(*db_, guard_) {}

  Status start(const StoreOptions& options) {
    TRY(guard_.start(*db_, options.restored_at.has_value()));
    return withdrawals_.start(*db_, options.restored_at, options.without_withdrawals);
  }

  ConfigStore& config() override { return config_; }
  SessionStore& sessions() override { return sessions_; }
  JournalStore& journal() override { return journal_; }
  std::size_t write_depth() const override { return db_->depth(); }
  Status keep_alone() override { return locks_.database ? locks_.database->keep() : Status{}; }
  const std::vector<WithdrawnAgain>& withdrawn_again() const override { return withdrawals_.repeated(); }
  void close() override { db_->close(); }

 private:
  Locks locks_;  ///< released last
  const Witnesses witnesses_;
  JournalGuard guard_;
  WithdrawalGuard withdrawals_;
  std::unique_ptr<Db> db_;
  SqlConfig config_;
  SqlSessions sessions_;
  SqlJournal journal_;
};

/// `db` is migrated.
Result<std::unique_ptr<Store>> start(std::unique_ptr<Db> db, Witnesses witnesses, Locks locks, const StoreOptions& options) {
  auto store = std::make_unique<SqlStore>(std::move(db), std::move(witnesses), std::move(locks));
  TRY(store->start(options));
  return store;
}

/// Says of an unreadable database where it is and what to do.
template <class T>
Result<T> explained(const std::string& path, Result<T> opened) {
  if (!opened && opened.error().reason == Reason::store_corrupt)
    opened.error().context = path + " can't be read (" + opened.error().context + "): restore a backup and run tessera restore --accept";
  return opened;
}

/// Whether the database's file is the one that was here last, and its log its own: SQLite would mix the pages of another log into it.
Status require_own_file(const std::string& path, EpochFile& epoch, const StoreOptions& options) {
  const auto file = examine_sqlite(path);
  if (!file.exists) return epoch.begun_anew() ? epoch.replace({}) : Status{};
  if (!file.is_sqlite) return {};  // opening it says so
  const LogStamps stamps = epoch.mark().stamps;
  const bool known = !epoch.begun_anew() && (file.stamp == stamps.present || file.stamp == stamps.next);
  if (known && (file.has_log ? file.takes_log : stamps.has_log == 0)) return {};
  if (options.restored_at) {
    if (file.has_log && !epoch.begun_anew()) TRY(remove_log(path));
    return epoch.note_stamps({file.stamp, file.stamp, 0});
  }
  if (epoch.begun_anew())
    return fail(Reason::store_corrupt,
                fmt::format("{0} is missing beside {1}, and nothing else tells whether that is a restored copy: put the newest copy of {0} "
                            "back; without one, run tessera restore --accept",
                            epoch.path(), path));
  return fail(Reason::store_corrupt, fmt::format("{0} is not as Tessera left it{1}: it is a restored copy; run tessera restore --accept",
                                                 path, file.has_log ? ", and " + path + "-wal not its log" : ""));
}

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
  auto lock = TRY(lock_file(options.data_dir + "/lock"));
  auto witnesses = TRY(open_witnesses(options));
  const auto path = options.data_dir + "/tessera.db";
  std::error_code ignored;
  if (witnesses.epoch->mark() != EpochMark{} && !std::filesystem::exists(path, ignored))
    return fail(Reason::store_corrupt,
                path + " is missing, but " + witnesses.epoch->path() +
                    " says that there was one: put the database back, or restore a backup and run tessera restore --accept");
  TRY(require_own_file(path, *witnesses.epoch, options));
  const auto note_stamps = [epoch = witnesses.epoch.get()](const LogStamps& stamps) { return epoch->note_stamps(stamps); };
  auto db = TRY(explained(path, open_sqlite(path, witnesses.epoch->mark().stamps, note_stamps)));
  TRY(explained(path, migrate(*db)));
  return start(std::move(db), std::move(witnesses), Locks{.folder = std::move(lock)}, options);
}

Result<std::unique_ptr<Store>> open_postgres_store(const StoreOptions& options) {
  auto witnesses = TRY(open_witnesses(options));
  Locks locks;
  if (options.alone) locks.database = TRY(PostgresLock::take(options.url));
  auto db = TRY(open_postgres(options.url));
  TRY(migrate(*db));
  return start(std::move(db), std::move(witnesses), std::move(locks), options);
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
  return start(std::move(db), {}, Locks{}, {});
}

}  // namespace tessera::store
