// The embedded database. A file: one writer thread, whose commits many callers share, and readers on their own connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "store/data_dir.h"
#include "store/db.h"

namespace tessera::store {

/// Keeps the stamps outside the database, durably. Called on the thread that opens, and on the writer's.
using NoteStamps = std::function<Status(const LogStamps&)>;

/// The file is made when it is missing. Nobody else may have it open (the caller holds `<data>/lock`). With `note_stamps` each fold of the
/// log gives the file a stamp of its own, beginning now; `stamps` are those noted last. While a note fails that a new log needs, so does
/// every write. Errors: store_unavailable, store_corrupt.
Result<std::unique_ptr<Db>> open_sqlite(const std::string& path, const LogStamps& stamps = {}, NoteStamps note_stamps = nullptr);

/// What can be said of a database's file without opening it. After a crash a log stands beside it, and SQLite folds that into whatever
/// database it finds there; without the log, the file alone may be half of one.
struct DatabaseFile {
  bool exists = false;  ///< and is not empty
  bool is_sqlite = false;
  bool has_log = false;
  bool takes_log = false;  ///< false for a copy that VACUUM INTO made, in which no page is where a log takes it to be
  std::int64_t stamp = 0;
};
/// Errors: store_unavailable when it can't be read.
Result<DatabaseFile> examine_sqlite(const std::string& path);
/// Moves the log out of the way, durably: to "-wal.set-aside". Errors: store_unavailable.
Status set_log_aside(const std::string& path);

/// A file that is judged before it is opened: nothing of it changes. Without its log where that may be another's. Without threads, as
/// below. Errors: store_unavailable, store_corrupt.
Result<std::unique_ptr<Db>> look_at_sqlite(const std::string& path, bool with_log);

/// A database in memory, without threads: every call runs at once on the caller's thread, in the caller's order. For simulations; it
/// answers as a file would, lanes included. One thread at a time.
Result<std::unique_ptr<Db>> open_sqlite_in_memory();

}  // namespace tessera::store
