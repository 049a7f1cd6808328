// The embedded database. A file: one writer thread, whose commits many callers share, and readers on their own connections.
#pragma once

#include <memory>
#include <string>

#include "store/db.h"

namespace tessera::store {

/// The file is made when it is missing. Nobody else may have it open (the caller holds `<data>/lock`).
Result<std::unique_ptr<Db>> open_sqlite(const std::string& path);

/// A database in memory, without threads: every call runs at once on the caller's thread, in the caller's order. For simulations; it
/// answers as a file would, lanes included. One thread at a time.
Result<std::unique_ptr<Db>> open_sqlite_in_memory();

}  // namespace tessera::store
