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
#include "store/store.h"
#include "store/withdrawal_file.h"

namespace tessera::store {

/// Owns the database and the three views of it. Safe to call from any thread.
class Store {
 public:
  virtual ~Store() = default;
  virtual ConfigStore& config() = 0;
  virtual SessionStore& sessions() = 0;
  virtual JournalStore& journal() = 0;
  /// Writes that wait or are under way.
  virtual std::size_t write_depth() const = 0;
  /// Looks after StoreOptions::alone, from time to time: after a lost connection it is asked for again. An engine that does not answer is
  /// no error. Errors: store_unavailable when another has the database now: this server must stop.
  virtual Status keep_alone() = 0;
  /// Marks how far the database has come, there and outside it; once a minute, so that a copy is known to be one after a crash too.
  /// Errors: the store's.
  virtual Status pass_landmark() = 0;
  /// What opening a restored database withdrew again.
  virtual const std::vector<WithdrawnAgain>& withdrawn_again() const = 0;
  /// The last step of tessera restore --accept: until then nothing but another one opens the database. Errors: store_unavailable.
  virtual Status end_restore() = 0;
  /// Finishes what was accepted; every later call answers shutting_down. The destructor does the same.
  virtual void close() = 0;
};

struct StoreOptions {
  std::string data_dir;  ///< must exist; holds `epoch` and `withdrawals`, and for SQLite `lock` and `tessera.db`
  std::string url;       ///< "" for SQLite; "postgresql://..."
  /// No other Tessera that wants to be alone has the database open, server or command: caches and heads of one process don't follow the
  /// changes of another. SQLite is always opened alone. Nodes that follow each other's changes will not ask for it.
  bool alone = false;
  /// tessera restore --accept, and when: opens a database that is older than `epoch` or `withdrawals`; call start_epoch() next, and
  /// end_restore() when all is done.
  std::optional<TimePoint> restored_at = {};
  bool without_withdrawals = false;  ///< also when lines of `withdrawals` are lost
  /// tessera restore --as-is: takes a database of which nothing tells whether it is a copy for the one that was here last. What is known to
  /// be older is refused all the same.
  bool as_is = false;
};

/// Opens the store, and makes or migrates its tables. Errors, each with what to do: store_unavailable (another Tessera has it open, not
/// reachable), store_corrupt (unreadable, missing although there was one, or older than `epoch` or `withdrawals`), config_invalid (a newer
/// schema).
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options);

/// A store in memory, single-threaded and deterministic, whose writes fail as `next_fault` says (null: never).
Result<std::unique_ptr<Store>> open_store_in_memory(std::function<Fault()> next_fault = nullptr);

}  // namespace tessera::store
