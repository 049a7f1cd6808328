#include "store/judgement.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/migrations.h"
#include "store/sql_rows.h"
#include "store/sql_withdrawals.h"

namespace tessera::store {
namespace {

constexpr std::string_view kAccept = "; run tessera restore --accept";
constexpr std::string_view kAcceptOrAsIs =
    ": if it is a restored copy, run tessera restore --accept; if you know that it is not, tessera restore --as-is";

// What each schema brought.
constexpr std::int64_t kSchemaOfWithdrawals = 4;
constexpr std::int64_t kSchemaOfLandmarks = 6;

std::string why_older(const std::string& where, const EpochMark& is, const EpochMark& was, std::int64_t withdrawals) {
  return fmt::format(
      "{} is a restored copy: it has epoch {}, {} revocations, {} withdrawals and landmark {}; there were {}, {}, {} and {}{}", where,
      is.epoch, is.journal_sum, is.withdrawals, is.landmark, was.epoch, was.journal_sum, withdrawals, was.landmark, kAccept);
}

std::string why_unknown(const std::string& where, const FileStanding& file, const EpochFile& epoch, bool other_database) {
  if (epoch.is_lost())
    return fmt::format(
        "{0} is missing or broken, and nothing else tells whether {1} is a restored copy. Put the newest copy of {0} back; "
        "without one{2}",
        epoch.path(), where, kAcceptOrAsIs);
  if (other_database) return fmt::format("{} is not the database that {} tells of{}", where, epoch.path(), kAcceptOrAsIs);
  if (file.log_is_strange)
    return fmt::format("{0} is not as Tessera left it, and {0}-wal not its log: it is a restored copy{1}", where, kAccept);
  return fmt::format("{} is not as Tessera left it: it was restored, or another program has folded the log of a killed Tessera in{}", where,
                     kAcceptOrAsIs);
}

}  // namespace

Result<DatabaseState> read_state(Db& db) {
  return read_value<DatabaseState>(db, Lane::pool, [](Connection& connection) -> Result<DatabaseState> {
    DatabaseState state;
    if (!TRY(connection.has_table("meta"))) return state;
    std::int64_t schema = 0;
    TRY(connection.execute("select schema_version, epoch from meta where one = 1", {}, [&](const Row& row) {
      schema = row.int64(0);
      state.mark.epoch = row.int64(1);
    }));
    if (schema == 0) return state;
    TRY(require_known_schema(schema));
    state.mark.journal_sum = TRY(select_number(connection, "select coalesce(sum(journal_head), 0) from realm", {}));
    if (schema >= kSchemaOfWithdrawals)
      state.mark.withdrawals = TRY(select_number(connection, "select last_withdrawal from meta where one = 1", {}));
    if (schema >= kSchemaOfLandmarks)
      TRY(connection.execute("select landmark, database_id from meta where one = 1", {}, [&](const Row& row) {
        state.mark.landmark = row.int64(0);
        state.mark.database_id = row.int64(1);
      }));
    const auto realms = TRY(select_number(connection, "select count(*) from realm", {}));
    state.in_use = realms > 0 || state.mark.landmark > 0 || state.mark.epoch > 1;
    return state;
  });
}

Verdict judge_missing(const std::string& where, const EpochFile& epoch, const WithdrawalFile& withdrawals) {
  // A first start that was cut short has left stamps and a name, and nothing that anybody was told.
  const EpochMark was = epoch.mark();
  const bool was_in_use = was.epoch > 1 || was.journal_sum > 0 || was.landmark > 0 || was.withdrawals > 0;
  const bool told_by_epoch = epoch.is_broken() || was_in_use || was.restoring != Restoring::no;
  if (!told_by_epoch && withdrawals.last() == 0) return {};
  return {.standing = Standing::missing,
          .why = fmt::format("{} is missing or empty, but {} says that there was one: put the database back, or restore a backup and run "
                             "tessera restore --accept",
                             where, told_by_epoch ? epoch.path() : withdrawals.path())};
}

Result<Verdict> judge(const std::string& where, Db& db, const DatabaseState& state, const FileStanding& file, const EpochFile& epoch,
                      const WithdrawalFile& withdrawals) {
  if (!state.in_use) return judge_missing(where, epoch, withdrawals);
  const EpochMark& is = state.mark;
  const EpochMark was = epoch.mark();
  const bool other_database = !epoch.is_lost() && was.database_id != 0 && is.database_id != was.database_id;
  TRY(require_own(withdrawals, db, std::min(is.withdrawals, withdrawals.last())));
  TRY(withdrawals.after(is.withdrawals));  // whatever would have to be withdrawn again

  const auto known = std::max(withdrawals.last(), other_database ? 0 : was.withdrawals);
  Verdict verdict{.log_is_strange = file.log_is_strange, .is_of_this_folder = !epoch.is_lost() && !other_database};
  // With `epoch` gone, an empty `withdrawals` tells as little: the copy may hold again whatever was withdrawn since.
  verdict.lost_withdrawals =
      std::max(is.withdrawals, withdrawals.last()) < known || (!verdict.is_of_this_folder && withdrawals.last() == 0);
  if (!epoch.is_lost() && was.restoring != Restoring::no) {
    verdict.standing = Standing::unfinished;
    verdict.why = was.restoring == Restoring::went_back
                      ? where + " was restored under a running server, and what was revoked since the copy was made may hold again" +
                            std::string(kAccept)
                      : epoch.path() + ": a restore was begun and did not come to its end; run tessera restore --accept again";
  } else if (is.withdrawals < known || (verdict.is_of_this_folder && is.is_behind(was))) {
    verdict.standing = Standing::older;
    verdict.why = why_older(where, is, was, known);
  } else if (!verdict.is_of_this_folder || !file.is_own) {
    verdict.standing = Standing::unknown;
    verdict.why = why_unknown(where, file, epoch, other_database);
  } else {
    verdict.standing = Standing::healthy;
  }
  return verdict;
}

}  // namespace tessera::store
