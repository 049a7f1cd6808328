#include "store/sql_rows.h"

#include <boost/json/parse.hpp>

namespace tessera::store {
namespace {

template <class Record>
Result<Record> decode(std::string_view document, Result<Record> (*from_json)(const boost::json::value&)) {
  boost::system::error_code malformed;
  const auto json = boost::json::parse(boost::json::string_view(document.data(), document.size()), malformed);
  if (malformed) return fail(Reason::store_corrupt, "a stored document is no JSON");
  auto record = from_json(json);
  if (!record) return fail(Reason::store_corrupt, "a stored document: " + record.error().context);
  return record;
}

}  // namespace

Result<model::RealmPolicy> realm_policy_of(std::string_view document) { return decode(document, model::realm_policy_from_json); }
Result<model::ClientPolicy> client_policy_of(std::string_view document) { return decode(document, model::client_policy_from_json); }
Result<model::UserProfile> user_profile_of(std::string_view document) { return decode(document, model::user_profile_from_json); }

Status append_entry(Connection& connection, model::RevocationEvent& event) {
  event.number = TRY(select_number(connection, "update realm set journal_head = journal_head + 1 where id = :realm returning journal_head",
                                   {{"realm", event.realm}}));
  TRY(
      connection.execute("insert into journal (realm, number, kind, id, at, iat_before_s, prune_after_s, client) "
                         "values (:realm, :number, :kind, :id, :at, :iat_before_s, :prune_after_s, :client)",
                         {{"realm", event.realm},
                          {"number", event.number},
                          {"kind", static_cast<std::int64_t>(event.kind)},
                          {"id", event.id},
                          {"at", event.at},
                          {"iat_before_s", event.iat_before_s},
                          {"prune_after_s", event.prune_after_s},
                          {"client", event.client}}));
  return {};
}

}  // namespace tessera::store
