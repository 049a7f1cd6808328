// The embedded database. A file: one writer thread, whose commits many callers share, and readers on their own connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "store/db.h"

namespace tessera::store {

/// Told, on the writer's thread, that the log was folded into the database for the n-th time.
using CheckpointListener = std::function<void(std::int64_t)>;

/// The file is made when it is missing. Nobody else may have it open (the caller holds `<data>/lock`).
Result<std::unique_ptr<Db>> open_sqlite(const std::string& path, CheckpointListener on_checkpoint = nullptr);

/// What a file is without the log beside it. After a crash there is one, and SQLite folds it into whatever database it finds.
struct DatabaseFile {
  bool has_log = false;
  bool takes_log = false;        ///< false for a copy that VACUUM INTO made, in which no page is where a log takes it to be
  std::int64_t checkpoints = 0;  ///< how often a log was folded into it
};
/// Errors: store_unavailable, store_corrupt.
Result<DatabaseFile> examine_sqlite(const std::string& path);
/// Errors: store_unavailable.
Status remove_log(const std::string& path);

/// A database in memory, without threads: every call runs at once on the caller's thread, in the caller's order. For simulations; it
/// answers as a file would, lanes included. One thread at a time.
Result<std::unique_ptr<Db>> open_sqlite_in_memory();

}  // namespace tessera::store
