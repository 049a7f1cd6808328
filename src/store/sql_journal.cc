#include "store/sql_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

Result<model::RevocationEvent> event_of(const Row& row) {
  return model::RevocationEvent{.realm = row.int64(0),
                                .number = row.int64(1),
                                .kind = static_cast<model::RevocationKind>(row.int64(2)),
                                .id = row.handle(3),
                                .at = row.time(4),
                                .iat_before_s = row.int64(5),
                                .prune_after_s = row.int64(6),
                                .client = row.handle(7)};
}

}  // namespace

Status JournalGuard::start(Db& db) {
  {
    const std::lock_guard lock(mutex_);
    epoch_file_was_lost_ = file_ && file_->mark().restoring == Restoring::without_epoch_file;
    journals_.clear();
    const Work read_mark = [this](Connection& connection) -> Status {
      TRY(connection.execute("select epoch, landmark from meta where one = 1", {}, [&](const Row& row) {
        mark_.epoch = row.int64(0);
        mark_.landmark = row.int64(1);
      }));
      return connection.execute("select id, journal_head from realm", {},
                                [&](const Row& row) { journals_[row.int64(0)].head = row.int64(1); });
    };
    TRY(db.read(Lane::pool, read_mark));
    mark_.journal_sum = 0;
    for (const auto& [realm, noted] : journals_) mark_.journal_sum += noted.head;
  }
  return raise();
}

Status JournalGuard::pass_landmark(Db& db) {
  if (!file_) return {};
  TRY(require_onward());
  EpochMark was;
  {
    const std::lock_guard lock(mutex_);
    was = mark_;
  }
  const auto is = TRY(write_value<EpochMark>(db, Lane::pool, [](Connection& connection) -> Result<EpochMark> {
    EpochMark mark;
    TRY(connection.execute("update meta set landmark = landmark + 1 where one = 1 returning epoch, landmark", {}, [&](const Row& row) {
      mark.epoch = row.int64(0);
      mark.landmark = row.int64(1);
    }));
    mark.journal_sum = TRY(select_number(connection, "select coalesce(sum(journal_head), 0) from realm", {}));
    return mark;
  }));
  if (is.is_behind(was) || (is.epoch == was.epoch && is.landmark == was.landmark)) return go_back();
  {
    const std::lock_guard lock(mutex_);
    mark_.landmark = std::max(mark_.landmark, is.landmark);
  }
  return raise();
}

Status JournalGuard::note(const std::vector<model::RevocationEvent>& events) {
  if (events.empty()) return {};
  TRY(require_onward());
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) {
      auto& [head, gaps] = journals_[event.realm];
      // Commits that end together may be noted in any order, but each number once.
      again = again || (event.number <= head && gaps.erase(event.number) == 0);
      if (event.number <= head) continue;
      for (auto number = head + 1; number < event.number; ++number) gaps.insert(number);
      mark_.journal_sum += event.number - head;
      head = event.number;
    }
  }
  return again ? go_back() : raise();
}

Status JournalGuard::require_onward() const {
  const std::lock_guard lock(mutex_);
  if (!went_back_) return {};
  return fail(Reason::store_corrupt,
              "the database went back while it was served: it was restored under the running server; run tessera restore --accept");
}

Status JournalGuard::go_back() {
  {
    const std::lock_guard lock(mutex_);
    went_back_ = true;
  }
  if (file_) TRY(file_->change([](EpochMark& mark) { mark.restoring = Restoring::went_back; }));
  return require_onward();
}

Result<std::int64_t> JournalGuard::next_epoch() const {
  const std::lock_guard lock(mutex_);
  std::int64_t next = std::max(mark_.epoch, file_ ? file_->mark().epoch : 0) + 1;
  if (epoch_file_was_lost_) {
    // How often the lost file had seen the epoch rise nobody knows, and it may be lost twice after one backup: the token of an epoch must
    // not live in another that is called the same.
    constexpr std::int64_t kBeyondTheLost = 16;
    std::array<std::uint8_t, 1> chance;
    base::random_bytes(chance);
    next = mark_.epoch + kBeyondTheLost + chance[0];
  }
  if (next > model::kRevEpochMax) return fail(Reason::config_invalid, "there is no restore epoch left: begin with a new database");
  return next;
}

Status JournalGuard::note_epoch(std::int64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    mark_.epoch = std::max(mark_.epoch, epoch);
  }
  return raise();
}

Status JournalGuard::raise() {
  if (!file_) return {};
  EpochMark mark;
  {
    const std::lock_guard lock(mutex_);
    mark = mark_;
  }
  return file_->raise(mark);
}

Result<std::int64_t> SqlJournal::head(model::RealmId realm) {
  return read_value<std::int64_t>(db_, Lane::pool, [&](Connection& connection) {
    return select_number(connection, "select journal_head from realm where id = :realm", {{"realm", realm}});
  });
}

Result<std::vector<model::RevocationEvent>> SqlJournal::entries_after(model::RealmId realm, std::int64_t number, int limit) {
  return read_value<std::vector<model::RevocationEvent>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<model::RevocationEvent>(connection,
                                              "select realm, number, kind, id, at, iat_before_s, prune_after_s, client from journal "
                                              "where realm = :realm and number > :number order by number limit :limit",
                                              {{"realm", realm}, {"number", number}, {"limit", limit}}, event_of);
  });
}

Result<int> SqlJournal::prune(model::RealmId realm, std::int64_t now_s, int limit) {
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run(
        "delete from journal where realm = :realm and number in (select number from journal "
        "where realm = :realm and prune_after_s > 0 and prune_after_s < :now_s limit :limit)",
        {{"realm", realm}, {"now_s", now_s}, {"limit", limit}});
  });
}

Result<int> SqlJournal::drop_covered_tokens(model::RealmId realm, const Handle& client, int limit) {
  static_assert(static_cast<int>(model::RevocationKind::token) == 1);
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run(
        "delete from journal where realm = :realm and number in (select number from journal where realm = :realm and kind = 1 "
        "and client = :client and number < (select revoked_seq from client where handle = :client) limit :limit)",
        {{"realm", realm}, {"client", client}, {"limit", limit}});
  });
}

Result<std::int64_t> SqlJournal::epoch() {
  return read_value<std::int64_t>(
      db_, Lane::pool, [&](Connection& connection) { return select_number(connection, "select epoch from meta where one = 1", {}); });
}

Result<std::int64_t> SqlJournal::start_epoch() {
  const auto next = TRY(guard_.next_epoch());
  const auto epoch = TRY(write_value<std::int64_t>(db_, Lane::pool, [&](Connection& connection) {
    return select_number(connection,
                         "update meta set epoch = case when epoch >= :next then epoch + 1 else :next end where one = 1 returning epoch",
                         {{"next", next}});
  }));
  TRY(guard_.note_epoch(epoch));
  return epoch;
}

}  // namespace tessera::store
