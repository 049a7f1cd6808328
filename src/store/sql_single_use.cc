#include "store/sql_single_use.h"

#include "store/sql_rows.h"

namespace tessera::store {
namespace {

// Of two that show the same at once, the second waits for the first and then finds its row, which is not its own.
constexpr std::string_view kUse =
    "insert into single_use (kind, digest, expires_at_s, shown_by) values (:kind, :digest, :expires_at_s, :request_id) "
    "on conflict (kind, digest) do update set shown_by = single_use.shown_by where single_use.shown_by = :request_id";

constexpr std::string_view kSweep =
    "delete from single_use where (kind, digest) in (select kind, digest from single_use "
    "where expires_at_s < :before_s order by expires_at_s limit :limit)";

}  // namespace

Status SqlSingleUse::use(const Turn& turn, const Showed& showed) {
  if (showed.request_id.empty()) return fail(Reason::internal, "a single use by no request");
  return db_.write(turn.lane, turn.pause, [&](Connection& connection) -> Status {
    const int noted = TRY(connection.run(kUse, {{"kind", static_cast<std::int64_t>(showed.kind)},
                                                {"digest", Bytes{showed.digest}},
                                                {"expires_at_s", showed.expires_at_s},
                                                {"request_id", showed.request_id}}));
    return noted == 1 ? Status{} : fail(Reason::assertion_reused);
  });
}

Result<int> SqlSingleUse::sweep(TimePoint before, int limit) {
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run(kSweep, {{"before_s", base::to_s(before)}, {"limit", limit}});
  });
}

}  // namespace tessera::store
