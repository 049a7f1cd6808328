// The store over either engine: every statement stands once, in the sql_*.cc files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/data_dir.h"
#include "store/db.h"
#include "store/db_faults.h"
#include "store/judgement.h"
#include "store/store.h"
#include "store/withdrawal_file.h"

namespace tessera::store {

/// Owns the database and the six views of it. Safe to call from any thread.
class Store {
 public:
  virtual ~Store() = default;
  virtual ConfigStore& config() = 0;
  virtual SessionStore& sessions() = 0;
  virtual AuthorizationStore& authorizations() = 0;
  virtual RegistrationStore& registrations() = 0;
  virtual SingleUseStore& single_use() = 0;
  virtual JournalStore& journal() = 0;
  /// Writes that wait or are under way.
  virtual std::size_t write_depth() const = 0;
  /// Whether this server may go on with the database, asked from time to time; after a lost connection StoreOptions::alone is asked for
  /// again. An engine that does not answer is no error. Errors, on which the server must stop: store_unavailable when another has the
  /// database now, store_corrupt when it was restored meanwhile.
  virtual Status keep() = 0;
  /// Marks how far the database has come, there and outside it; once a minute, so that a copy is known to be one after a crash too.
  /// Errors: the store's; store_corrupt when it was restored meanwhile.
  virtual Status pass_landmark() = 0;
  /// What opening a restored database withdrew again.
  virtual const std::vector<WithdrawnAgain>& withdrawn_again() const = 0;
  /// The last step of tessera restore --accept: until then nothing but another one opens the database. Errors: store_unavailable.
  virtual Status end_restore() = 0;
  /// Finishes what was accepted; every later call answers shutting_down. The destructor does the same.
  virtual void close() = 0;
};

/// What an operator says of a database that is not known to be the one that was here last.
enum class Accept : std::uint8_t {
  no,
  restored,  ///< tessera restore --accept: a copy. Call start_epoch() next, and end_restore() when all is done
  as_is,     ///< tessera restore --as-is: it is the one. What is known to be older is refused all the same
};

struct StoreOptions {
  std::string data_dir;  ///< must exist; holds `lock`, `epoch` and `withdrawals`, and for SQLite `tessera.db`
  std::string url;       ///< "" for SQLite; "postgresql://..."
  /// No other Tessera that wants to be alone has the database open, server or command: caches and heads of one process don't follow the
  /// changes of another. SQLite is always opened alone. Nodes that follow each other's changes will not ask for it.
  bool alone = false;
  Accept accept = Accept::no;
  TimePoint now = {};                ///< of Accept::restored
  bool without_withdrawals = false;  ///< Accept::restored also when lines of `withdrawals` are lost
};

/// A database that was looked at, under its locks, and that nothing was changed of.
class JudgedStore {
 public:
  virtual ~JudgedStore() = default;
  virtual const Verdict& verdict() const = 0;
  /// Whether the options accept what was found. Errors: store_corrupt.
  virtual Status require_accepted() const = 0;
  /// What it declares, to be read only; null where there is no database yet.
  virtual ConfigStore* config() = 0;
  /// Opens it, and makes or migrates its tables. Errors, each with what to do: store_corrupt for a verdict that the options do not accept
  /// (then nothing was changed), store_unavailable, config_invalid (a newer schema).
  virtual Result<std::unique_ptr<Store>> open() && = 0;
};

/// Errors, each with what to do: store_unavailable (another Tessera has it open, not reachable), store_corrupt (unreadable).
Result<std::unique_ptr<JudgedStore>> judge_store(const StoreOptions& options);

/// Judges and opens. Errors: as both.
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options);

/// A store in memory, single-threaded and deterministic, whose writes fail as `next_fault` says (null: never).
Result<std::unique_ptr<Store>> open_store_in_memory(std::function<Fault()> next_fault = nullptr);

}  // namespace tessera::store
