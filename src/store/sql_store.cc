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

  ~SqlStore() override { close(); }

  Status start(const StoreOptions& options) {
    TRY(guard_.start(*db_, options.restored_at.has_value(), options.as_is));
    TRY(withdrawals_.start(*db_, options.restored_at, options.without_withdrawals));
    if (options.as_is) TRY(end_restore());
    started_ = true;
    return guard_.pass_landmark(*db_);
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
  Status pass_landmark() override { return guard_.pass_landmark(*db_); }
  /// What a copy that was made meanwhile does not have. An engine that does not answer has had the last minute's.
  void close() override {
    // Never of one that was refused: it would come closer to what is known with each try.
    if (started_) (void)guard_.pass_landmark(*db_);
    started_ = false;
    db_->close();
  }

 private:
  Locks locks_;  ///< released last
  const Witnesses witnesses_;
  JournalGuard guard_;
  WithdrawalGuard withdrawals_;
  std::unique_ptr<Db> db_;
  SqlConfig config_;
  SqlSessions sessions_;
  SqlJournal journal_;
  bool started_ = false;
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
  if (options.restored_at)
    return epoch.change([lost = epoch.begun_anew()](EpochMark& mark) {
      if (lost) mark.restoring = Restoring::without_epoch_file;
      if (mark.restoring == Restoring::no) mark.restoring = Restoring::yes;
    });
  if (options.as_is || epoch.mark().restoring == Restoring::no) return {};
  return fail(Reason::store_corrupt,
              epoch.path() + ": a restore was begun and did not come to its end; run tessera restore --accept again");
}

/// A new database needs nothing that tells of one before it.
Status require_no_file_before(const std::string& path, const Witnesses& witnesses) {
  const bool knows_one = witnesses.withdrawals->last() > 0 || (!witnesses.epoch->begun_anew() && witnesses.epoch->mark() != EpochMark{});
  if (knows_one)
    return fail(Reason::store_corrupt,
                fmt::format("{} is missing or empty, but {} says that there was one: put the database back, or restore a backup and run "
                            "tessera restore --accept",
                            path, witnesses.withdrawals->last() > 0 ? witnesses.withdrawals->path() : witnesses.epoch->path()));
  return witnesses.epoch->change([](EpochMark& mark) { mark = {}; });
}

std::string strange_file(const std::string& path, const DatabaseFile& file, const EpochFile& epoch) {
  constexpr std::string_view kWhatToDo =
      "; if it is a restored copy, run tessera restore --accept; if you know that it is not, tessera restore --as-is";
  if (epoch.begun_anew())
    return fmt::format(
        "{0} is missing beside {1}, and nothing else tells whether that is a restored copy: put the newest copy of {0} back{2}{3}",
        epoch.path(), path, kWhatToDo, file.has_log ? fmt::format(". If it is a copy, remove {0}-wal and {0}-shm first", path) : "");
  if (file.has_log)
    return fmt::format("{0} is not as Tessera left it, and {0}-wal not its log: it is a restored copy; run tessera restore --accept", path);
  return fmt::format("{} is not as Tessera left it: it is a restored copy, or another program has folded the log of a killed Tessera in{}",
                     path, kWhatToDo);
}

/// Holds the database's file against what was noted of it, for SQLite would mix the pages of another file's log into it. Accepts it, as it
/// stands, where `options` say so.
Status settle_file(const std::string& path, const Witnesses& witnesses, const StoreOptions& options) {
  EpochFile& epoch = *witnesses.epoch;
  const auto file = examine_sqlite(path);
  if (!file.exists) TRY(require_no_file_before(path, witnesses));
  if (file.exists && !file.is_sqlite) return {};  // opening it says so
  TRY(begin_restore(epoch, options));
  if (!file.exists) return {};
  const LogStamps stamps = epoch.mark().stamps;
  const bool known = !epoch.begun_anew() && stamps.knows(file.stamp);
  if (known && (file.has_log ? file.takes_log : stamps.has_log == 0)) return {};
  // Without `epoch` nothing says whose log it is: after a crash it is the file's own, and holds what was done last.
  const bool is_strange_log = file.has_log && !(epoch.begun_anew() && file.takes_log);
  if (!options.restored_at && !(options.as_is && !is_strange_log)) return fail(Reason::store_corrupt, strange_file(path, file, epoch));
  if (is_strange_log) TRY(remove_log(path));
  return epoch.change([stamp = file.stamp](EpochMark& mark) { mark.stamps = {stamp, stamp, 0}; });
}

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
  auto lock = TRY(lock_file(options.data_dir + "/lock"));
  auto witnesses = TRY(open_witnesses(options));
  const auto path = options.data_dir + "/tessera.db";
  TRY(settle_file(path, witnesses, options));
  auto& epoch = *witnesses.epoch;
  const auto note_stamps = [&epoch](const LogStamps& stamps) { return epoch.change([&](EpochMark& mark) { mark.stamps = stamps; }); };
  auto db = TRY(explained(path, open_sqlite(path, epoch.mark().stamps, note_stamps)));
  TRY(explained(path, migrate(*db)));
  return start(std::move(db), std::move(witnesses), Locks{.folder = std::move(lock)}, options);
}

Result<std::unique_ptr<Store>> open_postgres_store(const StoreOptions& options) {
  auto witnesses = TRY(open_witnesses(options));
  Locks locks;
  if (options.alone) locks.database = TRY(PostgresLock::take(options.url));
  auto db = TRY(open_postgres(options.url));
  TRY(begin_restore(*witnesses.epoch, options));
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
