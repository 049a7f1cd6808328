#include "store/sql_store.h"

#include <fmt/format.h>

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
  Status end_restore() override {
    if (!witnesses_.epoch) return {};
    return witnesses_.epoch->change([](EpochMark& mark) { mark.restoring = Restoring::no; });
  }
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

/// A restore that was cut short must not count as accepted, so it says so before anything else changes.
Status begin_restore(EpochFile& epoch, const StoreOptions& options) {
  if (!options.restored_at) {
    if (epoch.mark().restoring == Restoring::no) return {};
    return fail(Reason::store_corrupt,
                epoch.path() + ": a restore was begun and did not come to its end; run tessera restore --accept again");
  }
  return epoch.change([lost = epoch.begun_anew()](EpochMark& mark) {
    if (lost) mark.restoring = Restoring::without_epoch_file;
    if (mark.restoring == Restoring::no) mark.restoring = Restoring::yes;
  });
}

/// A new database needs nothing that tells of one before it.
Status require_no_file_before(const std::string& path, EpochFile& epoch) {
  if (epoch.begun_anew()) return epoch.change([](EpochMark& mark) { mark = {}; });
  if (epoch.mark() == EpochMark{}) return {};
  return fail(Reason::store_corrupt,
              fmt::format("{} is missing or empty, but {} says that there was one: put the database back, or restore a backup and run "
                          "tessera restore --accept",
                          path, epoch.path()));
}

std::string strange_file(const std::string& path, const DatabaseFile& file, const EpochFile& epoch) {
  if (epoch.begun_anew())
    return fmt::format(
        "{0} is missing beside {1}, and nothing else tells whether that is a restored copy: put the newest copy of {0} back; without one, "
        "run tessera restore --accept{2}",
        epoch.path(), path, file.has_log ? fmt::format("; if it is a copy, remove {0}-wal and {0}-shm first", path) : "");
  if (file.has_log)
    return fmt::format("{0} is not as Tessera left it, and {0}-wal not its log: it is a restored copy; run tessera restore --accept", path);
  return fmt::format(
      "{0} is not as Tessera left it: it is a restored copy, or another program that had it open after Tessera was killed has changed it; "
      "run tessera restore --accept",
      path);
}

/// Whether the database's file is the one that was here last, and its log its own: SQLite would mix the pages of another log into it.
Status require_own_file(const std::string& path, EpochFile& epoch, const StoreOptions& options) {
  const auto file = examine_sqlite(path);
  if (!file.exists) TRY(require_no_file_before(path, epoch));
  TRY(begin_restore(epoch, options));
  if (!file.exists || !file.is_sqlite) return {};  // opening it says what it is
  const LogStamps stamps = epoch.mark().stamps;
  const bool known = !epoch.begun_anew() && (file.stamp == stamps.present || file.stamp == stamps.next);
  if (known && (file.has_log ? file.takes_log : stamps.has_log == 0)) return {};
  if (!options.restored_at) return fail(Reason::store_corrupt, strange_file(path, file, epoch));
  // Without `epoch` nothing says whose log it is: after a crash it is the file's own, and holds what was done last.
  if (file.has_log && !(epoch.begun_anew() && file.takes_log)) TRY(remove_log(path));
  return epoch.change([stamp = file.stamp](EpochMark& mark) { mark.stamps = {stamp, stamp, 0}; });
}

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
  auto lock = TRY(lock_file(options.data_dir + "/lock"));
  auto witnesses = TRY(open_witnesses(options));
  const auto path = options.data_dir + "/tessera.db";
  auto& epoch = *witnesses.epoch;
  TRY(require_own_file(path, epoch, options));
  const auto note_stamps = [&epoch](const LogStamps& stamps) { return epoch.change([&](EpochMark& mark) { mark.stamps = stamps; }); };
  auto db = TRY(explained(path, open_sqlite(path, epoch.mark().stamps, note_stamps)));
  TRY(explained(path, migrate(*db)));
  return start(std::move(db), std::move(witnesses), Locks{.folder = std::move(lock)}, options);
}

Result<std::unique_ptr<Store>> open_postgres_store(const StoreOptions& options) {
  auto witnesses = TRY(open_witnesses(options));
  TRY(begin_restore(*witnesses.epoch, options));
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
