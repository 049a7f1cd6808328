// Between rows and records: what more than one file of statements needs.
#pragma once

#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/policy_json.h"
#include "model/revocation.h"
#include "store/db.h"

namespace tessera::store {

/// Every row through `decode`. Errors: those of the statement, and the first of `decode`.
template <class Record, class Decode>
Result<std::vector<Record>> select_all(Connection& connection, std::string_view sql, Params params, Decode decode) {
  std::vector<Record> records;
  std::optional<Error> unreadable;
  const RowSink sink = [&](const Row& row) {
    if (unreadable) return;
    Result<Record> record = decode(row);
    if (record)
      records.push_back(std::move(*record));
    else
      unreadable = std::move(record).error();
  };
  TRY(connection.execute(sql, params, sink));
  if (unreadable) return std::unexpected(std::move(*unreadable));
  return records;
}

/// The one row of that name. Errors: record_missing, and as above.
template <class Record, class Decode>
Result<Record> select_one(Connection& connection, std::string_view sql, Params params, Decode decode) {
  auto records = TRY(select_all<Record>(connection, sql, params, std::move(decode)));
  if (records.empty()) return fail(Reason::record_missing);
  return std::move(records.front());
}

/// A number that a statement returns. Errors: record_missing when it returns no row.
inline Result<std::int64_t> select_number(Connection& connection, std::string_view sql, Params params) {
  std::optional<std::int64_t> number;
  TRY(connection.execute(sql, params, [&](const Row& row) { number = row.int64(0); }));
  if (!number) return fail(Reason::record_missing);
  return *number;
}

/// Errors: record_missing when the statement changed nothing.
inline Status change_one(Connection& connection, std::string_view sql, Params params) {
  if (TRY(connection.run(sql, params)) == 0) return fail(Reason::record_missing);
  return {};
}

/// Runs `work` on a reading connection and hands its value out.
template <class T, class Read>
Result<T> read_value(Db& db, Lane lane, Read work) {
  std::optional<T> value;
  const Work keep_value = [&](Connection& connection) -> Status {
    value = TRY(work(connection));
    return {};
  };
  TRY(db.read(lane, keep_value));
  return std::move(*value);
}

/// The same for a job on the writer.
template <class T, class Change>
Result<T> write_value(Db& db, Lane lane, Change job) {
  std::optional<T> value;
  const Work keep_value = [&](Connection& connection) -> Status {
    value = TRY(job(connection));
    return {};
  };
  TRY(db.write(lane, keep_value));
  return std::move(*value);
}

/// A policy or profile as it is stored.
template <class Record>
std::string to_document(const Record& record) {
  return boost::json::serialize(model::to_json(record));
}
/// Errors: store_corrupt.
Result<model::RealmPolicy> realm_policy_of(std::string_view document);
Result<model::ClientPolicy> client_policy_of(std::string_view document);
Result<model::UserProfile> user_profile_of(std::string_view document);

/// The handle's bytes even when it is empty: the place before the first.
inline Bytes raw_bytes(const Handle& handle) { return {{reinterpret_cast<const char*>(handle.bytes.data()), handle.bytes.size()}}; }

/// Appends `event` under the next number of its realm, which locks the realm's journal until the commit: so numbers follow commit order.
/// Errors: record_missing when there is no such realm.
Status append_entry(Connection& connection, model::RevocationEvent& event);

}  // namespace tessera::store
