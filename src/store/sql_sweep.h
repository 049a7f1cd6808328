// Deletes families and sessions that are dead, a window of each table at a time.
#pragma once

#include <mutex>

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

/// Safe to call from any thread.
class Sweeper {
 public:
  explicit Sweeper(Db& db) : db_(db) {}
  /// See SessionStore::sweep.
  Result<Swept> sweep(TimePoint before, int limit);

 private:
  Db& db_;
  std::mutex mutex_;       ///< guards the two below
  Handle families_up_to_;  ///< where the next sweep goes on
  Handle sessions_up_to_;
};

}  // namespace tessera::store
