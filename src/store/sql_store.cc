#include "store/sql_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <optional>

#include "base/random.h"
#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrations.h"
#include "store/postgres_lock.h"
#include "store/sql_authorizations.h"
#include "store/sql_config.h"
#include "store/sql_journal.h"
#include "store/sql_registrations.h"
#include "store/sql_rows.h"
#include "store/sql_sessions.h"
#include "store/sql_single_use.h"
#include "store/sql_withdrawals.h"

namespace tessera::store {
namespace {

/// What keeps others out: of the data folder, of a PostgreSQL database.
struct Locks {
  Fd folder = Fd();
  std::unique_ptr<PostgresLock> database = nullptr;
};

/// What stands beside the database and tells a restored one; neither for one in memory.
struct Witnesses {
  std::unique_ptr<EpochFile> epoch = nullptr;
  std::unique_ptr<WithdrawalFile> withdrawals = nullptr;
};

Result<Witnesses> open_witnesses(const StoreOptions& options) {
  auto epoch = TRY(EpochFile::open(options.data_dir + "/epoch"));
  return Witnesses{.epoch = std::move(epoch), .withdrawals = TRY(WithdrawalFile::open(options.data_dir + "/withdrawals"))};
}

/// Which file stands at a path.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
FileIdentity identity_of(const std::string& path) {
  struct stat status{};
  return !path.empty() && ::stat(path.c_str(), &status) == 0 ? FileIdentity{status.st_dev, status.st_ino} : FileIdentity{};
}

class SqlStore final : public Store {
 public:
  /// `path`: SQLite's file.
  SqlStore(std::unique_ptr<Db> db, Witnesses witnesses, Locks locks, std::string path)
      : path_(std::move(path)),
        opened_(identity_of(path_)),
        locks_(std::move(locks)),
        witnesses_(std::move(witnesses)),
        guard_(witnesses_.epoch.get()),
        withdrawals_(witnesses_.withdrawals.get(), witnesses_.epoch.get()),
        db_(std::move(db)),
        config_(*db_, guard_, withdrawals_),
        sessions_(*db_, guard_),
        authorizations_(*db_, sessions_),
        registrations_(*db_),
        single_use_(*db_),
        journal_(*db_, guard_) {}

  ~SqlStore() override { close(); }

  /// `db` is migrated.
  Status start(const StoreOptions& options) {
    const bool restored = options.accept == Accept::restored;
    TRY(name_database());
    TRY(guard_.start(*db_));
    TRY(withdrawals_.start(*db_, restored ? std::optional(options.now) : std::nullopt));
    // Of a restore only at its end: one that fails must not bring the copy closer to what is known.
    return restored ? Status{} : begin_service();
  }

  ConfigStore& config() override { return config_; }
  SessionStore& sessions() override { return sessions_; }
  AuthorizationStore& authorizations() override { return authorizations_; }
  RegistrationStore& registrations() override { return registrations_; }
  SingleUseStore& single_use() override { return single_use_; }
  JournalStore& journal() override { return journal_; }
  std::size_t write_depth() const override { return db_->depth(); }
  Status keep() override {
    TRY(guard_.require_onward());
    // Readers that are opened from now on would see another database than the writer changes.
    if (identity_of(path_) != opened_) return guard_.go_back();
    return locks_.database ? locks_.database->keep() : Status{};
  }
  const std::vector<WithdrawnAgain>& withdrawn_again() const override { return withdrawals_.repeated(); }
  Status end_restore() override {
    if (witnesses_.epoch) TRY(witnesses_.epoch->change([](EpochMark& mark) { mark.restoring = Restoring::no; }));
    return begin_service();
  }
  Status pass_landmark() override { return guard_.pass_landmark(*db_); }
  /// What a copy that was made meanwhile does not have. An engine that does not answer has had the last minute's.
  void close() override {
    if (in_service_) (void)guard_.pass_landmark(*db_);
    in_service_ = false;
    db_->close();
  }

 private:
  Status begin_service() {
    in_service_ = true;
    return guard_.pass_landmark(*db_);
  }

  /// Which database it is, there and in `epoch`.
  Status name_database() {
    if (!witnesses_.epoch) return {};
    std::array<std::uint8_t, 6> random;
    base::random_bytes(random);
    std::int64_t name = 1;
    for (const auto byte : random) name = name << 8 | byte;
    const auto id = TRY(write_value<std::int64_t>(*db_, Lane::pool, [name](Connection& connection) {
      return select_number(connection,
                           "update meta set database_id = case when database_id = 0 then :name else database_id end where one = 1 "
                           "returning database_id",
                           {{"name", name}});
    }));
    return witnesses_.epoch->change([id](EpochMark& mark) { mark.database_id = id; });
  }

  const std::string path_;
  const FileIdentity opened_;
  Locks locks_;  ///< released last
  const Witnesses witnesses_;
  JournalGuard guard_;
  WithdrawalGuard withdrawals_;
  std::unique_ptr<Db> db_;
  SqlConfig config_;
  SqlSessions sessions_;
  SqlAuthorizations authorizations_;
  SqlRegistrations registrations_;
  SqlSingleUse single_use_;
  SqlJournal journal_;
  bool in_service_ = false;
};

Result<std::unique_ptr<Store>> start(std::unique_ptr<Db> db, Witnesses witnesses, Locks locks, const StoreOptions& options,
                                     std::string path = "") {
  auto store = std::make_unique<SqlStore>(std::move(db), std::move(witnesses), std::move(locks), std::move(path));
  TRY(store->start(options));
  return store;
}

/// Says of what an engine refuses where the database is, and of one that can't be read what to do.
template <class T>
Result<T> explained(const std::string& where, Result<T> opened) {
  if (opened) return opened;
  std::string& context = opened.error().context;
  if (opened.error().reason == Reason::store_corrupt)
    context = where + " can't be read (" + context + "): restore a backup and run tessera restore --accept";
  else if (context.find(where) == std::string::npos)
    context = where + ": " + context;
  return opened;
}

/// Whether the operator's word covers what was found. Errors: store_corrupt.
Status accepts(const StoreOptions& options, const Verdict& verdict, const Witnesses& witnesses) {
  const bool good = verdict.standing == Standing::fresh || verdict.standing == Standing::healthy;
  const bool as_is = options.accept == Accept::as_is && verdict.standing == Standing::unknown && !verdict.log_is_strange;
  const bool restored = options.accept == Accept::restored && verdict.standing != Standing::missing;
  if (!good && !as_is && !restored) return fail(Reason::store_corrupt, verdict.why);
  if (options.accept != Accept::restored || !verdict.lost_withdrawals || options.without_withdrawals) return {};
  return fail(
      Reason::store_corrupt,
      fmt::format("{} has lost lines, or nothing tells what was withdrawn since this copy was made: put the newest copies of it and of "
                  "{} back; without them, tessera restore --accept --without-withdrawals goes on, and deleted secrets and disabled "
                  "clients that the copy has may hold again",
                  witnesses.withdrawals->path(), witnesses.epoch->path()));
}

/// Notes what the operator accepts, before anything of the database changes. A restore that is cut short must not count as accepted.
Status note_accepted(const Verdict& verdict, const StoreOptions& options, Witnesses& witnesses) {
  const std::int64_t last_line = witnesses.withdrawals->last();
  if (options.accept == Accept::restored)
    return witnesses.epoch->change([&](EpochMark& mark) {
      if (!verdict.is_of_this_folder) mark.restoring = Restoring::without_epoch_file;
      if (mark.restoring == Restoring::no) mark.restoring = Restoring::yes;
      if (options.without_withdrawals) mark.withdrawals = last_line;
    });
  if (options.accept == Accept::as_is && !verdict.is_of_this_folder)
    return witnesses.epoch->change([](EpochMark& mark) { mark = {}; });  // what it told of is not this database
  return {};
}

class JudgedSqlStore : public JudgedStore {
 public:
  JudgedSqlStore(const StoreOptions& options, Locks locks, Witnesses witnesses)
      : options_(options), locks_(std::move(locks)), witnesses_(std::move(witnesses)) {}

  const Verdict& verdict() const override { return verdict_; }
  Status require_accepted() const override { return accepts(options_, verdict_, witnesses_); }
  ConfigStore* config() override { return config_ ? &*config_ : nullptr; }

 protected:
  /// Where there is a database.
  Status judge_db(const std::string& where, std::unique_ptr<Db> db, const FileStanding& file) {
    const auto state = TRY(explained(where, read_state(*db)));
    verdict_ = TRY(judge(where, *db, state, file, *witnesses_.epoch, *witnesses_.withdrawals));
    db_ = std::move(db);
    if (verdict_.standing != Standing::fresh && verdict_.standing != Standing::missing) config_.emplace(*db_, no_journal_, no_withdrawals_);
    return {};
  }
  void judge_no_db(const std::string& where) { verdict_ = judge_missing(where, *witnesses_.epoch, *witnesses_.withdrawals); }

  /// Errors: store_corrupt, and then nothing was changed.
  Status accept() {
    TRY(require_accepted());
    config_.reset();
    db_.reset();
    return note_accepted(verdict_, options_, witnesses_);
  }

  StoreOptions options_;
  Locks locks_;
  Witnesses witnesses_;
  Verdict verdict_;
  JournalGuard no_journal_{nullptr};
  WithdrawalGuard no_withdrawals_;
  std::unique_ptr<Db> db_;
  std::optional<SqlConfig> config_;
};

class JudgedSqlite final : public JudgedSqlStore {
 public:
  using JudgedSqlStore::JudgedSqlStore;

  Status look() {
    file_ = TRY(examine_sqlite(path_));
    if (!file_.exists) {
      judge_no_db(path_);
      return {};
    }
    if (!file_.is_sqlite) return explained(path_, Status(fail(Reason::store_corrupt, "it is no database of SQLite")));
    const LogStamps stamps = witnesses_.epoch->mark().stamps;
    const bool known = !witnesses_.epoch->is_lost() && stamps.knows(file_.stamp);
    // Without `epoch` nothing says whose log it is but the operator: after a crash it is the file's own, and holds what was done last; it
    // is none of a restored copy's.
    const bool taken_for_own = witnesses_.epoch->is_lost() && options_.accept != Accept::restored;
    const bool log_is_own = file_.takes_log && (known || taken_for_own);
    const FileStanding standing{.is_own = known && (file_.has_log ? file_.takes_log : stamps.has_log == 0),
                                .log_is_strange = file_.has_log && !log_is_own};
    is_strange_ = !standing.is_own;
    auto db = TRY(explained(path_, look_at_sqlite(path_, !standing.log_is_strange)));
    return judge_db(path_, std::move(db), standing);
  }

  Result<std::unique_ptr<Store>> open() && override {
    TRY(accept());
    EpochFile& epoch = *witnesses_.epoch;
    if (verdict_.log_is_strange) TRY(set_log_aside(path_));
    if (file_.exists && is_strange_) TRY(epoch.change([stamp = file_.stamp](EpochMark& mark) { mark.stamps = {stamp, stamp, 0}; }));
    const auto note_stamps = [&epoch](const LogStamps& stamps) { return epoch.change([&](EpochMark& mark) { mark.stamps = stamps; }); };
    auto db = TRY(explained(path_, open_sqlite(path_, epoch.mark().stamps, note_stamps)));
    TRY(explained(path_, migrate(*db)));
    return start(std::move(db), std::move(witnesses_), std::move(locks_), options_, path_);
  }

 private:
  const std::string path_ = options_.data_dir + "/tessera.db";
  DatabaseFile file_;
  bool is_strange_ = false;
};

class JudgedPostgres final : public JudgedSqlStore {
 public:
  using JudgedSqlStore::JudgedSqlStore;

  Status look() { return judge_db(std::string(kWhere), TRY(open_postgres(options_.url)), {}); }

  Result<std::unique_ptr<Store>> open() && override {
    TRY(accept());
    auto db = TRY(open_postgres(options_.url));
    TRY(explained(std::string(kWhere), migrate(*db)));
    return start(std::move(db), std::move(witnesses_), std::move(locks_), options_);
  }

 private:
  static constexpr std::string_view kWhere = "the database of store_url";
};

template <class Judged>
Result<std::unique_ptr<JudgedStore>> look(const StoreOptions& options, Locks locks) {
  auto witnesses = TRY(open_witnesses(options));
  auto judged = std::make_unique<Judged>(options, std::move(locks), std::move(witnesses));
  TRY(judged->look());
  return judged;
}

}  // namespace

Result<std::unique_ptr<JudgedStore>> judge_store(const StoreOptions& options) {
  // With PostgreSQL too: `epoch` and `withdrawals` are one server's.
  Locks locks{.folder = TRY(lock_file(options.data_dir + "/lock"))};
  if (options.url.empty()) return look<JudgedSqlite>(options, std::move(locks));
  if (!options.url.starts_with("postgresql://") && !options.url.starts_with("postgres://"))
    return fail(Reason::config_invalid, "the store's URL must begin with postgresql://; leave it out for SQLite");
  if (options.alone) locks.database = TRY(PostgresLock::take(options.url));
  return look<JudgedPostgres>(options, std::move(locks));
}

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
  auto judged = TRY(judge_store(options));
  return std::move(*judged).open();
}

Result<std::unique_ptr<Store>> open_store_in_memory(std::function<Fault()> next_fault) {
  auto db = TRY(open_sqlite_in_memory());
  TRY(migrate(*db));
  if (next_fault) db = std::make_unique<FaultyDb>(std::move(db), std::move(next_fault));
  return start(std::move(db), {}, Locks{}, {});
}

}  // namespace tessera::store
