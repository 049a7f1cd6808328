#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

struct Applied {
  std::vector<model::RevocationEvent> events;  ///< the journal entries appended, in order
  bool withdrew = false;                       ///< rows were added to `withdrawal`
};

/// Carries out all changes inside the caller's transaction. Errors: record_conflict, record_missing, the connection's.
Result<Applied> apply_changes(Connection& connection, const std::vector<Change>& changes, TimePoint now);

}  // namespace tessera::store
