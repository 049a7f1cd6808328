#pragma once

#include <map>
#include <mutex>
#include <set>

#include "store/data_dir.h"
#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

/// Notes in `<data>/epoch` how far the journals have come, before anyone is told that an entry is durable. Whoever restores the database
/// under a server that runs takes it back: numbers come again that were noted before. Then nothing may be told of it any more, and only
/// `tessera restore --accept` opens it again.
class JournalGuard {
 public:
  /// Without a file (a database in memory) it notes nothing.
  explicit JournalGuard(EpochFile* file) : file_(file) {}

  /// Reads the database's epoch, heads and landmark, and notes them where the file knows less. Errors: the store's, commit_unknown.
  Status start(Db& db);
  /// Raises the landmark, in the database and then in the file. Errors: the store's, commit_unknown; store_corrupt when the database went
  /// back.
  Status pass_landmark(Db& db);
  /// Entries that were just committed. Errors: commit_unknown; store_corrupt when the database went back.
  Status note(const std::vector<model::RevocationEvent>& events);
  /// Errors: store_corrupt when the database was seen to have gone back.
  Status require_onward() const;
  /// It was seen to have: notes it, so that whoever starts next knows too, also when the database has come as far again. Always an error.
  Status go_back();
  /// The epoch after both the database's and the file's. Errors: config_invalid when there is none left.
  Result<std::int64_t> next_epoch() const;
  /// Errors: commit_unknown.
  Status note_epoch(std::int64_t epoch);

 private:
  /// A realm's journal, as far as it was noted.
  struct Noted {
    std::int64_t head = 0;
    std::set<std::int64_t> gaps;  ///< numbers before the head whose commit has not been noted yet, or never will
  };
  Status raise();

  EpochFile* const file_;
  mutable std::mutex mutex_;
  std::map<model::RealmId, Noted> journals_;
  EpochMark mark_;
  bool epoch_file_was_lost_ = false;
  bool went_back_ = false;
};

class SqlJournal final : public JournalStore {
 public:
  SqlJournal(Db& db, JournalGuard& guard) : db_(db), guard_(guard) {}

  Result<std::int64_t> head(model::RealmId realm) override;
  Result<std::vector<model::RevocationEvent>> entries_after(model::RealmId realm, std::int64_t number, int limit) override;
  Result<int> prune(model::RealmId realm, std::int64_t now_s, int limit) override;
  Result<int> drop_covered_tokens(model::RealmId realm, const Handle& client, int limit) override;
  Result<std::int64_t> epoch() override;
  Result<std::int64_t> start_epoch() override;

 private:
  Db& db_;
  JournalGuard& guard_;
};

}  // namespace tessera::store
