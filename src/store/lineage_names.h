// Families name client, secret and user by the small ids of their rows; everything else by handle.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/recent_map.h"
#include "model/realm.h"
#include "store/db.h"

namespace tessera::store {

/// Handles by row id, remembered: such rows are never deleted nor their ids given out again, so what was once read stays true. Safe from
/// any thread.
class LineageNames {
 public:
  enum class Table : std::uint8_t { client, client_secret, account, consent };
  struct Name {
    Handle handle;
    model::RealmId realm = 0;  ///< of clients only
  };

  LineageNames();

  /// `connection` must be a reading one: what a transaction has not committed yet may still go away. Id 0 has the empty name.
  /// Errors: record_missing, and those of the statement.
  Result<Name> find(Connection& connection, Table table, std::int64_t id);

 private:
  struct Known {
    std::mutex mutex;
    base::RecentMap<std::int64_t, Name> names;
  };
  std::array<Known, 4> known_;
};

}  // namespace tessera::store
