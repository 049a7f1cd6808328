// Whether a database is the one that was here last, decided before anything of it is changed.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/data_dir.h"
#include "store/db.h"
#include "store/withdrawal_file.h"

namespace tessera::store {

enum class Standing : std::uint8_t {
  fresh,       ///< there is none yet
  healthy,     ///< it is
  unknown,     ///< nothing tells: it may be a restored copy
  older,       ///< it is a restored copy
  unfinished,  ///< a restore was begun, and did not come to its end
  missing,     ///< there was one
};

struct Verdict {
  Standing standing = Standing::fresh;
  std::string why = {};           ///< for the operator, with what to do; "" for fresh and healthy
  bool log_is_strange = false;    ///< SQLite's log is not the file's own
  bool lost_withdrawals = false;  ///< neither the database nor `withdrawals` has what there was, or nothing tells
  bool is_of_this_folder = true;  ///< false: `epoch` is lost, or tells of another database
};

/// How far a database has come, as it says itself.
struct DatabaseState {
  bool in_use = false;  ///< false: never served, and without realms
  EpochMark mark;       ///< without stamps
};
/// Reads it whatever its schema. Errors: config_invalid when a newer Tessera has written it; the store's.
Result<DatabaseState> read_state(Db& db);

/// What can be said of SQLite's file; by default of an engine without one.
struct FileStanding {
  bool is_own = true;
  bool log_is_strange = false;
};

/// `where`: the database, for messages; `state`: what `db` says. Errors: store_corrupt when `withdrawals` is another database's, or has a
/// line that would be needed and can't be read; the store's.
Result<Verdict> judge(const std::string& where, Db& db, const DatabaseState& state, const FileStanding& file, const EpochFile& epoch,
                      const WithdrawalFile& withdrawals);
/// Of a database that is not there.
Verdict judge_missing(const std::string& where, const EpochFile& epoch, const WithdrawalFile& withdrawals);

}  // namespace tessera::store
