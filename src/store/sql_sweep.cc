#include "store/sql_sweep.h"

#include <algorithm>
#include <span>

#include "store/sql_coverage.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

/// Rows that one look covers, so that none takes long however large the table is.
constexpr int kWindow = 10'000;
/// Rows that one transaction deletes, so that no commit waits long for it.
constexpr std::size_t kPiece = 100;

static_assert(model::kIdleSlackParts == 30, "the statements below say it as well");

// Ended, expired or idle before :before_s, or of a client or user that is gone and never comes back.
#define TESSERA_DEAD_FAMILY                                                                          \
  "((ended_at_s > 0 and ended_at_s < :before_s) or (expires_at_s > 0 and expires_at_s < :before_s) " \
  "or (idle_ttl_s > 0 and last_used_at < (:before_s - idle_ttl_s - idle_ttl_s / 30 - 1) * 1000000) " \
  "or exists (select 1 from client where client.id = family.client and client.removed = 1) "         \
  "or exists (select 1 from account where account.id = family.account and account.removed = 1))"
// Ended or expired before :before_s, or without a family and unused since.
#define TESSERA_DEAD_SESSION                                                                         \
  "((ended_at_s > 0 and ended_at_s < :before_s) or (expires_at_s > 0 and expires_at_s < :before_s) " \
  "or (last_used_at < :before_s * 1000000 and not exists (select 1 from family where family.session = session.handle)))"

constexpr std::string_view kScanFamilies =
    "select handle, case when " TESSERA_DEAD_FAMILY " then 1 else 0 end from family where handle > :after order by handle limit :window";
constexpr std::string_view kScanSessions =
    "select handle, case when " TESSERA_DEAD_SESSION " then 1 else 0 end from session where handle > :after order by handle limit :window";
constexpr std::string_view kDeleteFamily =
    "delete from family where handle = :handle and " TESSERA_DEAD_FAMILY " returning client, session";
constexpr std::string_view kDeleteSession = "delete from session where handle = :handle and " TESSERA_DEAD_SESSION;

#undef TESSERA_DEAD_FAMILY
#undef TESSERA_DEAD_SESSION

/// A session may end while tokens of a swept family live on: it remembers until when.
Status delete_family(Connection& connection, const Handle& family, TimePoint before) {
  std::int64_t client = 0;
  Handle session;
  TRY(connection.execute(kDeleteFamily, {{"handle", family}, {"before_s", base::to_s(before)}}, [&](const Row& row) {
    client = row.int64(0);
    session = row.handle(1);
  }));
  if (!session) return {};
  // Nothing was issued by a family after it was dead.
  const auto expiry_s = TRY(last_token_expiry_s(connection, client, before));
  return connection.execute("update session set max_expiry_s = :expiry_s where handle = :session and max_expiry_s < :expiry_s",
                            {{"expiry_s", expiry_s}, {"session", session}});
}

Status delete_session(Connection& connection, const Handle& session, TimePoint before) {
  return connection.execute(kDeleteSession, {{"handle", session}, {"before_s", base::to_s(before)}});
}

/// The dead rows of the next window, `limit` at most, found on a reader, so that no commit waits; `up_to` moves on.
Result<std::vector<Handle>> look(Db& db, std::string_view scan, Handle& up_to, TimePoint before, int limit) {
  std::vector<Handle> dead;
  int seen = 0;
  Handle last;
  const auto full = [&] { return std::ssize(dead) >= limit; };
  const RowSink sink = [&](const Row& row) {
    if (full()) return;
    ++seen;
    last = row.handle(0);
    if (row.flag(1)) dead.push_back(last);
  };
  TRY(db.read(Lane::pool, [&](Connection& connection) {
    return connection.execute(scan, {{"after", raw_bytes(up_to)}, {"window", kWindow}, {"before_s", base::to_s(before)}}, sink);
  }));
  up_to = full() || seen == kWindow ? last : Handle{};
  return dead;
}

/// Whether each is still dead is asked again.
Status delete_all(Db& db, std::span<const Handle> dead, TimePoint before, Status (*delete_one)(Connection&, const Handle&, TimePoint)) {
  for (; !dead.empty(); dead = dead.subspan(std::min(kPiece, dead.size()))) {
    const auto piece = dead.first(std::min(kPiece, dead.size()));
    const Work delete_piece = [&](Connection& connection) -> Status {
      for (const auto& handle : piece) TRY(delete_one(connection, handle, before));
      return {};
    };
    TRY(db.write(Lane::pool, delete_piece));
  }
  return {};
}

}  // namespace

Result<Swept> Sweeper::sweep(TimePoint before, int limit) {
  const std::lock_guard lock(mutex_);
  const auto families = TRY(look(db_, kScanFamilies, families_up_to_, before, limit));
  TRY(delete_all(db_, families, before, delete_family));
  const auto sessions = TRY(look(db_, kScanSessions, sessions_up_to_, before, limit));
  TRY(delete_all(db_, sessions, before, delete_session));
  return Swept{.families = static_cast<int>(families.size()), .sessions = static_cast<int>(sessions.size())};
}

}  // namespace tessera::store
