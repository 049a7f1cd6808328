#pragma once

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

/// Inside the caller's transaction, beside what it records.
Status insert_audit(Connection& connection, const AuditRecord& record);

}  // namespace tessera::store
