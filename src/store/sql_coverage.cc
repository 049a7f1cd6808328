#include "store/sql_coverage.h"

#include <algorithm>

#include "store/sql_rows.h"

namespace tessera::store {
namespace {

#define TESSERA_POLICY_AND_EXPIRY "(select doc from client_policy p where p.id = client.policy), client.max_expiry_s "

Result<std::int64_t> expiry_of(Connection& connection, std::string_view sql, const Param& client, TimePoint now) {
  return select_one<std::int64_t>(connection, sql, {client}, [now](const Row& row) -> Result<std::int64_t> {
    const auto policy = TRY(client_policy_of(row.bytes(0)));
    return std::max(row.int64(1), base::to_s(now) + policy.access_ttl_s);
  });
}

/// An update that changes nothing, not a select: a token beyond the ordinary lifetime raises the mark before its family is used, so it
/// has either raised it before this reads, or waits and finds the family ended.
Result<std::int64_t> locked_expiry_s(Connection& connection, std::int64_t client_id, TimePoint now) {
  return expiry_of(connection, "update client set max_expiry_s = max_expiry_s where id = :id returning " TESSERA_POLICY_AND_EXPIRY,
                   {"id", client_id}, now);
}

/// Of all clients that have a family in the session, and of those whose families were swept.
Result<std::int64_t> session_expiry_s(Connection& connection, const Handle& session, TimePoint now) {
  // The lock keeps a sweep from deleting a family between the two statements.
  auto longest_s = TRY(select_number(connection, "update session set max_expiry_s = max_expiry_s where handle = :id returning max_expiry_s",
                                     {{"id", session}}));
  // In one order, so that two sessions that end at once don't wait for each other.
  const auto clients =
      TRY(select_all<std::int64_t>(connection, "select distinct client from family where session = :id order by client", {{"id", session}},
                                   [](const Row& row) -> Result<std::int64_t> { return row.int64(0); }));
  for (const auto client : clients) longest_s = std::max(longest_s, TRY(locked_expiry_s(connection, client, now)));
  return longest_s;
}

}  // namespace

Result<std::int64_t> last_token_expiry_s(Connection& connection, const Handle& client, TimePoint now) {
  return expiry_of(connection, "select " TESSERA_POLICY_AND_EXPIRY "from client where handle = :client", {"client", client}, now);
}

Result<std::int64_t> last_token_expiry_s(Connection& connection, std::int64_t client_id, TimePoint now) {
  return expiry_of(connection, "select " TESSERA_POLICY_AND_EXPIRY "from client where id = :id", {"id", client_id}, now);
}

Result<std::int64_t> last_killed_expiry_s(Connection& connection, model::RevocationKind kind, const Handle& id, TimePoint now) {
  const auto of_client = [&](std::string_view find_client) -> Result<std::int64_t> {
    return locked_expiry_s(connection, TRY(select_number(connection, find_client, {{"id", id}})), now);
  };
  switch (kind) {
    case model::RevocationKind::client:
      return of_client("select id from client where handle = :id");
    case model::RevocationKind::secret:
      return of_client("select client from client_secret where handle = :id");
    case model::RevocationKind::family:
      return of_client("select client from family where handle = :id");
    case model::RevocationKind::consent:
      return of_client("select client from consent where handle = :id");
    case model::RevocationKind::session:
      return session_expiry_s(connection, id, now);
    case model::RevocationKind::token:
    case model::RevocationKind::user:
    case model::RevocationKind::key:
    case model::RevocationKind::realm:
      break;
  }
  return 0;
}

#undef TESSERA_POLICY_AND_EXPIRY

}  // namespace tessera::store
