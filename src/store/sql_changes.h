#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

/// Carries out all changes inside the caller's transaction and returns the journal entries appended, in order.
/// Errors: record_conflict, record_missing, the connection's.
Result<std::vector<model::RevocationEvent>> apply_changes(Connection& connection, const std::vector<Change>& changes, TimePoint now);

}  // namespace tessera::store
