// What stands in the data folder beside the database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace tessera::store {

/// Syncs the folder of `path`: a new file is there after a crash only then. Errors: store_unavailable.
Status sync_folder(const std::string& path);

/// Opens a file that is there, to read and write; no link to one. What root put there is given to the owner of the folder. Empty, with
/// errno, when it can't be.
Fd open_present(const std::string& path);

/// The same; one that is missing is made, for the owner of its folder alone.
Fd open_private(const std::string& path);

/// Holds `path` locked (flock) for as long as the result lives. Errors: store_unavailable when another process holds it.
Result<Fd> lock_file(const std::string& path);

/// Which file SQLite's log stands on. A fold of the log that comes to its end leaves the file with a stamp that no other database has,
/// nor any copy of before. A stamp is random, but for its low 8 bits: they count the folds that were begun since the last whole one.
struct LogStamps {
  static constexpr int kAttemptBits = 8;

  std::int64_t present = 0;  ///< in the database's file when the present log began
  std::int64_t next = 0;     ///< of the newest fold; the file may have it, or one of those begun before it
  std::int64_t has_log = 0;  ///< 1: the database is open, or was not closed
  bool operator==(const LogStamps&) const = default;

  /// Whether a file with this stamp is the one that the log stands on. Once a fold came to its end, that is one stamp only.
  bool knows(std::int64_t stamp) const {
    return stamp == present || (next != present && stamp >> kAttemptBits == next >> kAttemptBits && stamp <= next);
  }
};

/// Whether only `tessera restore --accept` may open the database. That changes the files that tell a backup before the database tells it
/// no more.
enum class Restoring : std::int64_t {
  no = 0,
  yes = 1,                 ///< one was begun, and is not at its end
  without_epoch_file = 2,  ///< the same, and what `epoch` may have said is lost
  went_back = 3,           ///< the database was restored under a server that runs
};

/// How far the database has come, kept outside it so that a restored backup is found out.
struct EpochMark {
  std::int64_t epoch = 0;
  std::int64_t journal_sum = 0;  ///< the sum of all realms' journal heads
  std::int64_t withdrawals = 0;  ///< lines of `<data>/withdrawals`
  LogStamps stamps = {};
  Restoring restoring = Restoring::no;
  std::int64_t landmark = 0;     ///< starts, stops and minutes of service
  std::int64_t database_id = 0;  ///< which database this is told of; 0: not known yet
  bool operator==(const EpochMark&) const = default;

  /// Whether a database with this mark is older than one that `other` knows of. A later epoch may begin with fewer of everything.
  bool is_behind(const EpochMark& other) const {
    if (epoch != other.epoch) return epoch < other.epoch;
    return journal_sum < other.journal_sum || landmark < other.landmark;
  }
};

/// `<data>/epoch`. Made with the first mark that is written. Safe to call from any thread.
class EpochFile {
 public:
  /// Errors: store_unavailable.
  static Result<std::unique_ptr<EpochFile>> open(const std::string& path);

  EpochMark mark() const;
  /// Moves epoch, journals, landmark and withdrawals up to those of `mark`, durably; callers that come together share the sync. A lower one
  /// changes nothing.
  /// Errors: commit_unknown.
  Status raise(const EpochMark& mark);
  /// Any other change, durably, with what others raise meanwhile; `change` may run more than once. Errors: store_unavailable.
  Status change(const std::function<void(EpochMark&)>& change);
  /// When it was opened it was missing, empty or not one of ours: what it may have said is lost.
  bool is_lost() const { return is_lost_; }
  /// There was something, but no mark.
  bool is_broken() const { return is_broken_; }
  const std::string& path() const { return path_; }

 private:
  explicit EpochFile(std::string path) : path_(std::move(path)) {}

  /// With `writing_` held.
  bool write(const std::function<void(EpochMark&)>& change);
  bool make();

  const std::string path_;
  Fd file_;
  bool is_lost_ = false;
  bool is_broken_ = false;
  mutable std::mutex mutex_;  ///< guards the marks
  std::mutex writing_;        ///< held through write and sync
  EpochMark mark_;            ///< what the file holds
  EpochMark wanted_;          ///< the highest that anyone asked for
};

}  // namespace tessera::store
