#include "store/sql_registrations.h"

#include "store/sql_rows.h"

namespace tessera::store {
namespace {

// A restored backup must not give back uses that were spent, nor tokens that were withdrawn: a token is of its epoch.
#define TESSERA_SPENDABLE "uses_left > 0 and expires_at_s > :now_s and epoch = (select m.epoch from meta m where m.one = 1) "
#define TESSERA_TOKEN "select handle, realm, digest, created_at, expires_at_s, uses_left from initial_access_token "

constexpr std::string_view kFindToken = TESSERA_TOKEN "where digest = :digest and realm = :realm and " TESSERA_SPENDABLE;
constexpr std::string_view kListTokens =
    TESSERA_TOKEN "where realm = :realm and " TESSERA_SPENDABLE "order by created_at, handle limit 1000";
constexpr std::string_view kSpendToken =
    "update initial_access_token set uses_left = uses_left - 1 where handle = :handle and " TESSERA_SPENDABLE;
constexpr std::string_view kSweepTokens =
    "delete from initial_access_token where handle in "
    "(select handle from initial_access_token where expires_at_s < :before_s or uses_left = 0 limit :limit)";

#undef TESSERA_TOKEN
#undef TESSERA_SPENDABLE

constexpr std::string_view kFindRegistration =
    "select g.client, g.digest, g.registered_by, g.registered_at, g.about, g.shaped from client_registration g "
    "join client c on c.handle = g.client and c.removed = 0 where g.client = :client";
constexpr std::string_view kPutRegistration =
    "insert into client_registration (client, digest, registered_by, registered_at, about, shaped) "
    "values (:client, :digest, :registered_by, :registered_at, :about, :shaped) "
    "on conflict (client) do update set digest = excluded.digest, about = excluded.about, shaped = excluded.shaped";

Result<model::InitialAccessToken> token_of(const Row& row) {
  return model::InitialAccessToken{.handle = row.handle(0),
                                   .realm = row.int64(1),
                                   .digest = row.text(2),
                                   .created_at = row.time(3),
                                   .expires_at_s = row.int64(4),
                                   .uses_left = row.int64(5)};
}

Result<model::Registration> registration_of(const Row& row) {
  return model::Registration{
      .client = row.handle(0), .digest = row.text(1), .by = row.handle(2), .at = row.time(3), .about = row.text(4), .shaped = row.text(5)};
}

}  // namespace

Result<model::InitialAccessToken> SqlRegistrations::find_initial_access_token(const Turn& turn, model::RealmId realm,
                                                                              std::string_view digest) {
  auto found = read_value<model::InitialAccessToken>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::InitialAccessToken>(connection, kFindToken,
                                                 {{"digest", Bytes{digest}}, {"realm", realm}, {"now_s", base::to_s(turn.now)}}, token_of);
  });
  if (!found && found.error().reason == Reason::record_missing) return fail(Reason::initial_token_wrong);
  return found;
}

Result<std::vector<model::InitialAccessToken>> SqlRegistrations::initial_access_tokens(const Turn& turn, model::RealmId realm) {
  return read_value<std::vector<model::InitialAccessToken>>(db_, turn.lane, [&](Connection& connection) {
    return select_all<model::InitialAccessToken>(connection, kListTokens, {{"realm", realm}, {"now_s", base::to_s(turn.now)}}, token_of);
  });
}

Result<model::Registration> SqlRegistrations::find_registration(const Turn& turn, const Handle& client) {
  return read_value<model::Registration>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::Registration>(connection, kFindRegistration, {{"client", client}}, registration_of);
  });
}

Result<int> SqlRegistrations::sweep(TimePoint before, int limit) {
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run(kSweepTokens, {{"before_s", base::to_s(before)}, {"limit", limit}});
  });
}

Status add_initial_access_token(Connection& connection, const AddInitialAccessToken& add) {
  const auto& token = add.token;
  return change_one(connection,
                    "insert into initial_access_token (handle, realm, digest, created_at, expires_at_s, uses_left, epoch) "
                    "select :handle, r.id, :digest, :created_at, :expires_at_s, :uses_left, m.epoch from realm r, meta m "
                    "where r.id = :realm and m.one = 1",
                    {{"handle", token.handle},
                     {"realm", token.realm},
                     {"digest", Bytes{token.digest}},
                     {"created_at", token.created_at},
                     {"expires_at_s", token.expires_at_s},
                     {"uses_left", token.uses_left}});
}

Status spend_initial_access_token(Connection& connection, const SpendInitialAccessToken& spend, TimePoint now) {
  const int spent = TRY(connection.run(kSpendToken, {{"handle", spend.token}, {"now_s", base::to_s(now)}}));
  return spent == 1 ? Status{} : fail(Reason::initial_token_wrong);
}

Status withdraw_initial_access_token(Connection& connection, const WithdrawInitialAccessToken& withdraw) {
  return change_one(connection, "delete from initial_access_token where handle = :handle", {{"handle", withdraw.token}});
}

Status put_registration(Connection& connection, const model::Registration& registration) {
  return connection.execute(kPutRegistration, {{"client", registration.client},
                                               {"digest", Bytes{registration.digest}},
                                               {"registered_by", registration.by},
                                               {"registered_at", registration.at},
                                               {"about", registration.about},
                                               {"shaped", registration.shaped}});
}

Status remove_registration(Connection& connection, const Handle& client) {
  return connection.execute("delete from client_registration where client = :client", {{"client", client}});
}

}  // namespace tessera::store
