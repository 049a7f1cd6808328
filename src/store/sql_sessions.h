#pragma once

#include <memory>

#include "store/db.h"
#include "store/lineage_names.h"
#include "store/sql_journal.h"
#include "store/sql_sweep.h"
#include "store/store.h"

namespace tessera::store {

/// Inserts it if realm and user are enabled and were not ended since its rev. Errors: refresh_ended; the statement's.
Status insert_session(Connection& connection, const model::Session& session);
/// Sets last_used_at, if that is later than it was.
Status note_session_use(Connection& connection, const Handle& session, TimePoint now);

class SqlSessions final : public SessionStore {
 public:
  SqlSessions(Db& db, JournalGuard& guard);

  Status open(const Turn& turn, const std::optional<model::Session>& session, const model::Family& family) override;
  /// open(), inside the caller's transaction.
  Status open_in(Connection& connection, const std::optional<model::Session>& session, const model::Family& family, TimePoint now) const;
  Result<model::Family> find_family(const Turn& turn, const Handle& family) override;
  Result<model::Session> find_session(const Turn& turn, const Handle& session) override;
  Result<FamilyInSession> find_for_rotation(const Turn& turn, const Handle& family) override;
  Result<Rotation> rotate(const Turn& turn, const model::Family& family, const Showing& shown, int leeway_s,
                          std::vector<model::RevocationEvent>& ended) override;
  Result<model::Family> touch(const Turn& turn, const Handle& family, bool notes_session) override;
  Result<std::vector<model::Session>> sessions_of(const Handle& user) override;
  Result<std::vector<SessionParty>> parties_of_session(const Handle& session) override;
  Result<std::vector<SessionParty>> parties_of_user(const Handle& user) override;
  Result<Swept> sweep(TimePoint before, int limit) override { return sweeper_.sweep(before, limit); }

 private:
  struct Judged;  ///< a family, and whether what it descends from still stands
  struct Texts;   ///< statements that share a part

  Result<Judged> judge(Connection& connection, const Handle& family) const;
  Result<model::RevocationEvent> end_reused(Connection& connection, TimePoint now, const model::Family& family) const;

  Db& db_;
  JournalGuard& guard_;
  const std::shared_ptr<const Texts> texts_;
  LineageNames names_;
  Sweeper sweeper_;
};

}  // namespace tessera::store
