#include "store/sql_policies.h"

#include "base/digest.h"
#include "store/sql_rows.h"

namespace tessera::store {

Result<std::int64_t> keep_policy(Connection& connection, const model::ClientPolicy& policy,
                                 const std::function<Result<std::int64_t>()>& next_id) {
  const auto doc = to_document(policy);
  const auto sum = base::sha256(doc);
  const Bytes digest{{reinterpret_cast<const char*>(sum.data()), sum.size()}};
  auto kept =
      select_number(connection, "update client_policy set digest = digest where digest = :digest returning id", {{"digest", digest}});
  if (kept || kept.error().reason != Reason::record_missing) return kept;
  const auto id = TRY(next_id());
  // Another node may have been quicker.
  return select_number(connection,
                       "insert into client_policy (id, digest, doc) values (:id, :digest, :doc) "
                       "on conflict (digest) do update set digest = excluded.digest returning id",
                       {{"id", id}, {"digest", digest}, {"doc", doc}});
}

Result<bool> is_policy(Connection& connection, std::int64_t id, const model::ClientPolicy& policy) {
  const auto stored = TRY(select_all<model::ClientPolicy>(connection, "select doc from client_policy where id = :id", {{"id", id}},
                                                          [](const Row& row) { return client_policy_of(row.bytes(0)); }));
  return !stored.empty() && stored.front() == policy;
}

Status leave_policy(Connection& connection, std::int64_t id) {
  return connection.execute("insert into client_policy_left (policy) values (:id)", {{"id", id}});
}

Result<std::vector<std::int64_t>> left_policies(Connection& connection, int limit) {
  return select_all<std::int64_t>(connection, "select distinct policy from client_policy_left order by policy limit :limit",
                                  {{"limit", limit}}, [](const Row& row) -> Result<std::int64_t> { return row.int64(0); });
}

Status drop_left_policy(Connection& connection, std::int64_t id) {
  // Locked first: whoever is about to give it to a client has either done so when the last statement looks, or waits and finds it gone.
  // Then the notes: a client that leaves it after this leaves a note that stays.
  TRY(connection.execute("update client_policy set digest = digest where id = :id", {{"id", id}}));
  TRY(connection.execute("delete from client_policy_left where policy = :id", {{"id", id}}));
  return connection.execute("delete from client_policy where id = :id and not exists (select 1 from client where policy = :id)",
                            {{"id", id}});
}

}  // namespace tessera::store
