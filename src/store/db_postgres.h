// PostgreSQL over libpq, for several nodes.
#pragma once

#include <memory>
#include <string>

#include "store/db.h"

namespace tessera::store {

/// Connects lazily through a bounded pool. `url` may hold a password: it is in no error. Everything on Lane::io is would_wait.
/// Errors: store_unavailable when no connection can be made now.
Result<std::unique_ptr<Db>> open_postgres(const std::string& url);

}  // namespace tessera::store
