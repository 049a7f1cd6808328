#include "store/sql_config.h"

#include "store/sql_audit.h"
#include "store/sql_changes.h"
#include "store/sql_policies.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

// The same columns wherever a record is read.
#define TESSERA_CLIENT_COLUMNS                                                                                                        \
  "select client.handle, client.realm, client.client_id, client.enabled, client.is_public, client.not_before_s, client.revoked_seq, " \
  "client.ended_seq, client.max_expiry_s, client.policy, p.doc"
#define TESSERA_FROM_CLIENT " from client join client_policy p on p.id = client.policy "
#define TESSERA_CLIENT TESSERA_CLIENT_COLUMNS TESSERA_FROM_CLIENT
#define TESSERA_SECRET_COLUMNS \
  "s.handle, client.handle, s.scheme, s.hash, s.hint, s.created_at, s.expires_at_s, s.last_used_at_s, s.revoked_seq, s.deleted "
#define TESSERA_USER "select handle, realm, username, enabled, password_record, not_before_s, revoked_seq, ended_seq, doc from account "

Result<model::Realm> realm_of(const Row& row) {
  return model::Realm{.id = row.int64(0),
                      .handle = row.handle(1),
                      .name = row.text(2),
                      .enabled = row.flag(3),
                      .not_before_s = row.int64(4),
                      .revoked_seq = row.int64(5),
                      .ended_seq = row.int64(6),
                      .policy = TRY(realm_policy_of(row.bytes(7)))};
}

Result<model::Client> client_of(const Row& row, KnownPolicies& policies) {
  return model::Client{.handle = row.handle(0),
                       .realm = row.int64(1),
                       .client_id = row.text(2),
                       .enabled = row.flag(3),
                       .is_public = row.flag(4),
                       .not_before_s = row.int64(5),
                       .revoked_seq = row.int64(6),
                       .ended_seq = row.int64(7),
                       .max_expiry_s = row.int64(8),
                       .policy = TRY(policies.read(row.int64(9), row.bytes(10)))};
}

/// From the secret's columns, of which `first` is the first.
model::ClientSecret secret_at(const Row& row, int first) {
  return {.handle = row.handle(first),
          .client = row.handle(first + 1),
          .scheme = static_cast<model::ClientSecret::Scheme>(row.int64(first + 2)),
          .hash = row.text(first + 3),
          .hint = row.text(first + 4),
          .created_at = row.time(first + 5),
          .expires_at_s = row.int64(first + 6),
          .last_used_at_s = row.int64(first + 7),
          .revoked_seq = row.int64(first + 8),
          .deleted = row.flag(first + 9)};
}

Result<model::ClientSecret> secret_of(const Row& row) { return secret_at(row, 0); }

Result<model::User> user_of(const Row& row) {
  return model::User{.handle = row.handle(0),
                     .realm = row.int64(1),
                     .username = row.text(2),
                     .enabled = row.flag(3),
                     .password_record = row.text(4),
                     .not_before_s = row.int64(5),
                     .revoked_seq = row.int64(6),
                     .ended_seq = row.int64(7),
                     .profile = TRY(user_profile_of(row.bytes(8)))};
}

Result<KeyRecord> key_of(const Row& row) {
  return KeyRecord{.realm = row.int64(0),
                   .kid = row.text(1),
                   .alg = row.text(2),
                   .use = row.text(3),
                   .state = static_cast<KeyRecord::State>(row.int64(4)),
                   .public_jwk = row.text(5),
                   .sealed = row.text(6),
                   .created_at = row.time(7),
                   .verify_until_s = row.int64(8)};
}

Result<AuditRecord> audit_of(const Row& row) {
  return AuditRecord{.realm = row.int64(0),
                     .at = row.time(1),
                     .actor = row.text(2),
                     .action = row.text(3),
                     .object = row.text(4),
                     .request_id = row.text(5),
                     .detail = row.text(6)};
}

}  // namespace

Status insert_audit(Connection& connection, const AuditRecord& record) {
  TRY(
      connection.execute("insert into audit_event (realm, at, actor, action, object, request_id, detail) "
                         "values (:realm, :at, :actor, :action, :object, :request_id, :detail)",
                         {{"realm", record.realm},
                          {"at", record.at},
                          {"actor", record.actor},
                          {"action", record.action},
                          {"object", record.object},
                          {"request_id", record.request_id},
                          {"detail", record.detail}}));
  return {};
}

SqlConfig::SqlConfig(Db& db, JournalGuard& guard, WithdrawalGuard& withdrawals)
    : db_(db), guard_(guard), withdrawals_(withdrawals), read_client_([this](const Row& row) { return client_of(row, policies_); }) {}

Result<std::vector<model::Realm>> SqlConfig::realms() {
  return read_value<std::vector<model::Realm>>(db_, Lane::pool, [](Connection& connection) {
    return select_all<model::Realm>(
        connection, "select id, handle, name, enabled, not_before_s, revoked_seq, ended_seq, doc from realm order by name", {}, realm_of);
  });
}

Result<model::Client> SqlConfig::find_client(const Turn& turn, model::RealmId realm, std::string_view client_id) {
  // The name comes from a request: what can't be stored can't be found.
  if (!is_clean_text(client_id)) return fail(Reason::record_missing);
  return read_value<model::Client>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::Client>(connection, TESSERA_CLIENT "where realm = :realm and client_id = :client_id and removed = 0",
                                     {{"realm", realm}, {"client_id", client_id}}, read_client_);
  });
}

Result<model::Client> SqlConfig::find_client(const Turn& turn, const Handle& handle) {
  return read_value<model::Client>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::Client>(connection, TESSERA_CLIENT "where client.handle = :handle and client.removed = 0",
                                     {{"handle", handle}}, read_client_);
  });
}

Result<ClientWithSecrets> SqlConfig::find_client_with_secrets(const Turn& turn, model::RealmId realm, std::string_view client_id) {
  constexpr int kClientColumns = 11;
  if (!is_clean_text(client_id)) return fail(Reason::record_missing);
  return read_value<ClientWithSecrets>(db_, turn.lane, [&](Connection& connection) -> Result<ClientWithSecrets> {
    // One row a secret, and one for a client without any.
    std::vector<model::ClientSecret> secrets;
    auto clients = TRY(select_all<model::Client>(
        connection,
        TESSERA_CLIENT_COLUMNS ", " TESSERA_SECRET_COLUMNS TESSERA_FROM_CLIENT
                               "left join client_secret s on s.client = client.id and s.deleted = 0 "
                               "where client.realm = :realm and client.client_id = :client_id and client.removed = 0 order by s.id",
        {{"realm", realm}, {"client_id", client_id}}, [&](const Row& row) {
          if (auto secret = secret_at(row, kClientColumns); secret.handle) secrets.push_back(std::move(secret));
          return read_client_(row);
        }));
    if (clients.empty()) return fail(Reason::record_missing);
    return ClientWithSecrets{std::move(clients.front()), std::move(secrets)};
  });
}

Result<std::vector<model::ClientSecret>> SqlConfig::secrets_of(const Turn& turn, const Handle& client) {
  return read_value<std::vector<model::ClientSecret>>(db_, turn.lane, [&](Connection& connection) {
    return select_all<model::ClientSecret>(
        connection,
        "select " TESSERA_SECRET_COLUMNS
        "from client_secret s join client on client.id = s.client where client.handle = :client and s.deleted = 0 order by s.id",
        {{"client", client}}, secret_of);
  });
}

Result<model::User> SqlConfig::find_user(const Turn& turn, model::RealmId realm, std::string_view username) {
  if (!is_clean_text(username)) return fail(Reason::record_missing);
  return read_value<model::User>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::User>(connection, TESSERA_USER "where realm = :realm and username_key = :username_key and removed = 0",
                                   {{"realm", realm}, {"username_key", model::username_key(username)}}, user_of);
  });
}

Result<model::User> SqlConfig::find_user(const Turn& turn, const Handle& handle) {
  return read_value<model::User>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::User>(connection, TESSERA_USER "where handle = :handle and removed = 0", {{"handle", handle}}, user_of);
  });
}

Result<std::vector<model::Client>> SqlConfig::list_clients(model::RealmId realm, const Page& page) {
  return read_value<std::vector<model::Client>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<model::Client>(
        connection, TESSERA_CLIENT "where realm = :realm and client_id > :after and removed = 0 order by client_id limit :limit",
        {{"realm", realm}, {"after", page.after}, {"limit", page.limit}}, read_client_);
  });
}

Result<std::vector<model::User>> SqlConfig::list_users(model::RealmId realm, const Page& page) {
  return read_value<std::vector<model::User>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<model::User>(
        connection, TESSERA_USER "where realm = :realm and username_key > :after and removed = 0 order by username_key limit :limit",
        {{"realm", realm}, {"after", model::username_key(page.after)}, {"limit", page.limit}}, user_of);
  });
}

Result<std::vector<model::ClientPolicy>> SqlConfig::policies_in_use(model::RealmId realm) {
  return read_value<std::vector<model::ClientPolicy>>(db_, Lane::pool, [realm](Connection& connection) {
    // From one policy to the next in the index: as many steps as there are policies, however many clients have each.
    return select_all<model::ClientPolicy>(
        connection,
        "with recursive used(id) as (select min(policy) from client where realm = :realm and removed = 0 union all "
        "select (select min(policy) from client where realm = :realm and removed = 0 and policy > used.id) from used where id is not null) "
        "select p.doc from used join client_policy p on p.id = used.id",
        {{"realm", realm}}, [](const Row& row) { return client_policy_of(row.bytes(0)); });
  });
}

Result<std::vector<KeyRecord>> SqlConfig::keys(model::RealmId realm) {
  return read_value<std::vector<KeyRecord>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<KeyRecord>(connection,
                                 "select realm, kid, alg, purpose, state, public_jwk, sealed, created_at, verify_until_s from signing_key "
                                 "where realm = :realm order by created_at, kid",
                                 {{"realm", realm}}, key_of);
  });
}

Result<std::vector<AuditRecord>> SqlConfig::audit_tail(model::RealmId realm, int limit) {
  return read_value<std::vector<AuditRecord>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<AuditRecord>(connection,
                                   "select realm, at, actor, action, object, request_id, detail from audit_event "
                                   "where realm = :realm order by at desc limit :limit",
                                   {{"realm", realm}, {"limit", limit}}, audit_of);
  });
}

Result<std::vector<model::RevocationEvent>> SqlConfig::commit(const Turn& turn, const std::vector<Change>& changes,
                                                              const std::vector<AuditRecord>& audit) {
  auto applied = TRY(write_value<Applied>(db_, turn.lane, [&](Connection& connection) -> Result<Applied> {
    auto done = apply_changes(connection, changes, turn.now);
    if (!done) return done;
    for (const auto& record : audit)
      if (auto inserted = insert_audit(connection, record); !inserted) return std::unexpected(std::move(inserted).error());
    return done;
  }));
  TRY(guard_.note(applied.events));
  if (applied.withdrew)
    if (const auto copied = withdrawals_.copy(db_); !copied)
      return std::unexpected((copied.error().reason == Reason::store_corrupt ? guard_.go_back() : copied).error());
  return std::move(applied.events);
}

Result<int> SqlConfig::prune_audit(TimePoint before, int limit) {
  // The table has no key to delete by: up to the time of the last that is to go, with whatever else was recorded at that microsecond.
  const auto last_us = TRY(read_value<std::int64_t>(db_, Lane::pool, [&](Connection& connection) {
    return select_number(connection,
                         "select coalesce(max(at), 0) from (select at from audit_event where at < :before order by at limit :limit) oldest",
                         {{"before", before}, {"limit", limit}});
  }));
  if (last_us == 0) return 0;
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run("delete from audit_event where at <= :last", {{"last", last_us}});
  });
}

Result<int> SqlConfig::drop_unused_policies(int limit) {
  const auto left = TRY(
      read_value<std::vector<std::int64_t>>(db_, Lane::pool, [limit](Connection& connection) { return left_policies(connection, limit); }));
  for (const auto id : left) TRY(db_.write(Lane::pool, [id](Connection& connection) { return drop_left_policy(connection, id); }));
  return static_cast<int>(left.size());
}

Status SqlConfig::touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>& last_used_at_s) {
  if (last_used_at_s.empty()) return {};
  return db_.write(Lane::pool, [&](Connection& connection) -> Status {
    for (const auto& [handle, at_s] : last_used_at_s)
      TRY(connection.execute("update client_secret set last_used_at_s = :at_s where handle = :handle and last_used_at_s < :at_s",
                             {{"at_s", at_s}, {"handle", handle}}));
    return {};
  });
}

#undef TESSERA_SECRET_COLUMNS
#undef TESSERA_CLIENT
#undef TESSERA_FROM_CLIENT
#undef TESSERA_CLIENT_COLUMNS
#undef TESSERA_USER

}  // namespace tessera::store
