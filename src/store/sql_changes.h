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

/// The form in which user names are compared: ASCII letters in lower case, others as they are.
std::string username_key(std::string_view username);

}  // namespace tessera::store
