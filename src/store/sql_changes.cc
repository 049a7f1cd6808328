#include "store/sql_changes.h"

#include <algorithm>

#include "store/sql_coverage.h"
#include "store/sql_policies.h"
#include "store/sql_registrations.h"
#include "store/sql_rows.h"
#include "store/sql_withdrawals.h"

namespace tessera::store {
namespace {

using Kind = Withdrawal::Kind;

constexpr int kLiveSecretsMax = 2;

/// One transaction's changes, in order.
class Changer {
 public:
  Changer(Connection& connection, const std::vector<Change>& changes, TimePoint now)
      : connection_(connection), changes_(changes), now_(now) {}

  Result<Applied> apply() {
    for (const auto& change : changes_)
      if (auto applied = std::visit([this](const auto& one) { return (*this)(one); }, change); !applied)
        return std::unexpected(std::move(applied).error());
    TRY(append_withdrawals(connection_, withdrawn_));
    return Applied{.events = std::move(appended_), .withdrew = !withdrawn_.empty()};
  }

 private:
  Status operator()(const PutRealm& put);
  Status operator()(const PutClient& put);
  Status operator()(const PutUser& put);
  Status operator()(const AddSecret& add);
  Status operator()(const EndSecret& end);
  Status operator()(const RemoveClient& remove);
  Status operator()(const RemoveUser& remove);
  Status operator()(const PutKey& put);
  Status operator()(const Revoke& revoke);
  Status operator()(const RaiseMaxExpiry& raise);
  Status operator()(const ReplacePasswordRecord& replace);
  Status operator()(const AddInitialAccessToken& add) { return add_initial_access_token(connection_, add); }
  Status operator()(const SpendInitialAccessToken& spend) { return spend_initial_access_token(connection_, spend, now_); }
  Status operator()(const WithdrawInitialAccessToken& token) {
    withdraw(Kind::initial_access_token_withdrawn, token.token);
    return withdraw_initial_access_token(connection_, token);
  }
  Status operator()(const PutRegistration& put) { return put_registration(connection_, put.registration); }

  /// Ids inside the database; they come from one counter and are never used twice.
  Result<std::int64_t> next_id() {
    return select_number(connection_, "update meta set last_id = last_id + 1 where one = 1 returning last_id", {});
  }
  Status insert_client(const model::Client& client, std::int64_t id, std::int64_t policy);
  Status insert_user(const model::User& user);
  /// A lower cap counts from now: tokens of the longer lifetime stay covered by the high-water mark.
  Status keep_longer_tokens_covered(const model::Client& client);
  const Revoke* listed_revoke(model::RevocationKind kind, const Handle& id) const;
  Status revoke_unless_listed(model::RevocationKind kind, const Handle& id);
  Result<model::RealmId> realm_of(const Revoke& revoke);
  Status mark_row(const Revoke& revoke, std::int64_t number);
  void withdraw(Withdrawal::Kind kind, const Handle& id) { withdrawn_.emplace_back(kind, id); }

  Connection& connection_;
  const std::vector<Change>& changes_;
  const TimePoint now_;
  std::vector<model::RevocationEvent> appended_;
  std::vector<std::pair<Withdrawal::Kind, Handle>> withdrawn_;
};

Status Changer::operator()(const PutRealm& put) {
  const auto& realm = put.realm;
  const auto doc = to_document(realm.policy);
  // An update that changes nothing, here and below: it locks the row that the next one changes.
  TRY(connection_.execute("update realm set enabled = enabled where name = :name returning enabled, handle", {{"name", realm.name}},
                          [&](const Row& was) {
                            if (was.flag(0) != realm.enabled)
                              withdraw(realm.enabled ? Kind::realm_enabled : Kind::realm_disabled, was.handle(1));
                          }));
  const auto replaced = TRY(connection_.run("update realm set enabled = :enabled, doc = :doc where name = :name",
                                            {{"enabled", realm.enabled}, {"doc", doc}, {"name", realm.name}}));
  if (replaced > 0) return {};
  if (realm.id != 0) return fail(Reason::record_missing, "realm " + realm.name);
  const auto id = TRY(next_id());
  TRY(
      connection_.execute("insert into realm (id, handle, name, enabled, not_before_s, revoked_seq, ended_seq, journal_head, doc) "
                          "values (:id, :handle, :name, :enabled, :not_before_s, 0, 0, 0, :doc)",
                          {{"id", id},
                           {"handle", realm.handle},
                           {"name", realm.name},
                           {"enabled", realm.enabled},
                           {"not_before_s", realm.not_before_s},
                           {"doc", doc}}));
  return {};
}

Status Changer::operator()(const PutClient& put) {
  const auto& client = put.client;
  TRY(keep_longer_tokens_covered(client));
  std::int64_t policy_before = 0;
  bool was_public = false;
  TRY(connection_.execute("update client set enabled = enabled where handle = :handle and removed = 0 returning enabled, policy, is_public",
                          {{"handle", client.handle}}, [&](const Row& was) {
                            if (was.flag(0) != client.enabled && !put.keeps_enabled)
                              withdraw(client.enabled ? Kind::client_enabled : Kind::client_disabled, client.handle);
                            if (put.narrows) withdraw(Kind::client_narrowed, client.handle);
                            policy_before = was.int64(1);
                            was_public = was.flag(2);
                          }));
  if (put.was && (was_public != put.was->is_public || !TRY(is_policy(connection_, policy_before, *put.was->policy))))
    return fail(Reason::record_conflict, "the client was changed meanwhile");
  // Ids before policies: of two that lock one and want the other, each would wait for the other.
  const auto id = policy_before == 0 ? TRY(next_id()) : 0;
  const auto policy = TRY(keep_policy(connection_, *client.policy, [this] { return next_id(); }));
  if (policy_before == 0) return insert_client(client, id, policy);
  TRY(connection_.execute(
      "update client set enabled = case when :keeps_enabled = 1 then enabled else :enabled end, is_public = :is_public, policy = :policy "
      "where handle = :handle and removed = 0",
      {{"keeps_enabled", put.keeps_enabled},
       {"enabled", client.enabled},
       {"is_public", client.is_public},
       {"policy", policy},
       {"handle", client.handle}}));
  return policy == policy_before ? Status{} : leave_policy(connection_, policy_before);
}

Status Changer::insert_client(const model::Client& client, std::int64_t id, std::int64_t policy) {
  return change_one(
      connection_,
      "insert into client (id, handle, realm, client_id, enabled, is_public, not_before_s, revoked_seq, ended_seq, max_expiry_s, "
      "removed, policy) select :id, :handle, r.id, :client_id, :enabled, :is_public, :not_before_s, 0, 0, :max_expiry_s, 0, :policy "
      "from realm r where r.id = :realm",
      {{"id", id},
       {"handle", client.handle},
       {"realm", client.realm},
       {"client_id", client.client_id},
       {"enabled", client.enabled},
       {"is_public", client.is_public},
       {"not_before_s", client.not_before_s},
       {"max_expiry_s", client.max_expiry_s},
       {"policy", policy}});
}

Status Changer::keep_longer_tokens_covered(const model::Client& client) {
  const auto expiry_s = last_token_expiry_s(connection_, client.handle, now_);
  if (!expiry_s) return expiry_s.error().reason == Reason::record_missing ? Status{} : std::unexpected(expiry_s.error());
  if (*expiry_s <= base::to_s(now_) + client.policy->access_ttl_s) return {};
  return (*this)(RaiseMaxExpiry{client.handle, *expiry_s});
}

Status Changer::operator()(const PutUser& put) {
  const auto& user = put.user;
  // Another record alone may be the same password, hashed anew at a login meanwhile.
  const auto* const revoke = listed_revoke(model::RevocationKind::user, user.handle);
  const bool ends_password = revoke && revoke->ends;
  std::optional<model::User> present;
  std::string doc;
  TRY(connection_.execute(
      "update account set enabled = enabled where handle = :handle and removed = 0 returning enabled, password_record, doc",
      {{"handle", user.handle}}, [&](const Row& row) {
        present = model::User{.enabled = row.flag(0), .password_record = row.text(1)};
        doc = row.text(2);
      }));
  if (put.was) {
    const bool same_password = put.keeps_password || (present && present->password_record == put.was->password_record);
    const bool as_it_was =
        present && present->enabled == put.was->enabled && same_password && TRY(user_profile_of(doc)) == put.was->profile;
    if (!as_it_was) return fail(Reason::record_conflict, "the user was changed meanwhile");
  }
  if (present && present->enabled != user.enabled) withdraw(user.enabled ? Kind::user_enabled : Kind::user_disabled, user.handle);
  if (present && ends_password && !put.keeps_password && !present->password_record.empty() &&
      present->password_record != user.password_record)
    withdraw(Kind::password_changed, user.handle);
  const auto replaced =
      TRY(connection_.run("update account set enabled = :enabled, "
                          "password_record = case when :keeps_password = 1 then password_record else :password_record end, doc = :doc "
                          "where handle = :handle and removed = 0",
                          {{"enabled", user.enabled},
                           {"keeps_password", put.keeps_password},
                           {"password_record", user.password_record},
                           {"doc", to_document(user.profile)},
                           {"handle", user.handle}}));
  return replaced > 0 ? Status{} : insert_user(user);
}

Status Changer::insert_user(const model::User& user) {
  const auto id = TRY(next_id());
  return change_one(
      connection_,
      "insert into account (id, handle, realm, username, username_key, enabled, password_record, not_before_s, revoked_seq, "
      "ended_seq, removed, doc) select :id, :handle, r.id, :username, :username_key, :enabled, :password_record, :not_before_s, "
      "0, 0, 0, :doc from realm r where r.id = :realm",
      {{"id", id},
       {"handle", user.handle},
       {"realm", user.realm},
       {"username", user.username},
       {"username_key", model::username_key(user.username)},
       {"enabled", user.enabled},
       {"password_record", user.password_record},
       {"not_before_s", user.not_before_s},
       {"doc", to_document(user.profile)}});
}

Status Changer::operator()(const AddSecret& add) {
  const auto& secret = add.secret;
  // An update locks the client's row, so that two nodes that add at once count one after the other.
  const auto client = TRY(select_number(connection_, "update client set removed = 0 where handle = :client and removed = 0 returning id",
                                        {{"client", secret.client}}));
  // One that has expired makes room. Its tokens live on: it ended by itself, nobody took it back.
  TRY(connection_.execute(
      "update client_secret set deleted = 1 where client = :client and deleted = 0 and expires_at_s > 0 and expires_at_s <= :now_s",
      {{"client", client}, {"now_s", base::to_s(now_)}}));
  const auto live =
      TRY(select_number(connection_, "select count(*) from client_secret where client = :client and deleted = 0", {{"client", client}}));
  if (live >= kLiveSecretsMax) return fail(Reason::record_conflict, "the client has two live secrets: delete one first");
  const auto id = TRY(next_id());
  TRY(connection_.execute(
      "insert into client_secret (id, handle, client, scheme, hash, hint, created_at, expires_at_s, last_used_at_s, revoked_seq, "
      "ended_seq, deleted) values (:id, :handle, :client, :scheme, :hash, :hint, :created_at, :expires_at_s, 0, 0, 0, 0)",
      {{"id", id},
       {"handle", secret.handle},
       {"client", client},
       {"scheme", static_cast<std::int64_t>(secret.scheme)},
       {"hash", Bytes{secret.hash}},
       {"hint", secret.hint},
       {"created_at", secret.created_at},
       {"expires_at_s", secret.expires_at_s}}));
  return {};
}

Status Changer::operator()(const EndSecret& end) {
  withdraw(Kind::secret_deleted, end.secret);
  return change_one(connection_, "update client_secret set deleted = 1 where handle = :handle and deleted = 0", {{"handle", end.secret}});
}

Status Changer::operator()(const RemoveClient& remove) {
  TRY(change_one(connection_, "update client set removed = 1 where handle = :handle and removed = 0", {{"handle", remove.client}}));
  TRY(remove_registration(connection_, remove.client));
  withdraw(Kind::client_removed, remove.client);
  return revoke_unless_listed(model::RevocationKind::client, remove.client);
}

Status Changer::operator()(const RemoveUser& remove) {
  TRY(change_one(connection_, "update account set removed = 1 where handle = :handle and removed = 0", {{"handle", remove.user}}));
  withdraw(Kind::user_removed, remove.user);
  return revoke_unless_listed(model::RevocationKind::user, remove.user);
}

const Revoke* Changer::listed_revoke(model::RevocationKind kind, const Handle& id) const {
  for (const auto& change : changes_)
    if (const auto* revoke = std::get_if<Revoke>(&change); revoke && revoke->kind == kind && revoke->id == id) return revoke;
  return nullptr;
}

Status Changer::revoke_unless_listed(model::RevocationKind kind, const Handle& id) {
  return listed_revoke(kind, id) ? Status{} : (*this)(Revoke{.kind = kind, .id = id});
}

Status Changer::operator()(const PutKey& put) {
  const auto& key = put.key;
  if (const auto id = Handle::parse(key.kid); key.state == KeyRecord::State::gone && id) withdraw(Kind::key_removed, *id);
  TRY(connection_.execute(
      "insert into signing_key (realm, kid, alg, purpose, state, public_jwk, sealed, created_at, verify_until_s) "
      "values (:realm, :kid, :alg, :purpose, :state, :public_jwk, :sealed, :created_at, :verify_until_s) "
      "on conflict (realm, kid) do update set state = excluded.state, public_jwk = excluded.public_jwk, sealed = excluded.sealed, "
      "verify_until_s = excluded.verify_until_s",
      {{"realm", key.realm},
       {"kid", key.kid},
       {"alg", key.alg},
       {"purpose", key.use},
       {"state", static_cast<std::int64_t>(key.state)},
       {"public_jwk", key.public_jwk},
       {"sealed", Bytes{key.sealed}},
       {"created_at", key.created_at},
       {"verify_until_s", key.verify_until_s}}));
  return {};
}

Status Changer::operator()(const RaiseMaxExpiry& raise) {
#define TESSERA_RAISE                                                                                                       \
  "update client set max_expiry_s = case when max_expiry_s > :max_expiry_s then max_expiry_s else :max_expiry_s end where " \
  "handle = :handle"
  if (!raise.known) return change_one(connection_, TESSERA_RAISE, {{"max_expiry_s", raise.max_expiry_s}, {"handle", raise.client}});
  const auto raised = TRY(connection_.run(
      TESSERA_RAISE
      " and removed = 0 and enabled = 1 and revoked_seq <= :number and not exists "
      "(select 1 from client_secret s where s.handle = :secret and (s.deleted = 1 or s.revoked_seq > :number))",
      {{"max_expiry_s", raise.max_expiry_s}, {"handle", raise.client}, {"number", raise.known->number}, {"secret", raise.known->secret}}));
#undef TESSERA_RAISE
  if (raised == 0) return fail(Reason::refresh_ended, "client or secret ended meanwhile");
  return {};
}

Status Changer::operator()(const ReplacePasswordRecord& replace) {
  const auto replaced =
      connection_.run("update account set password_record = :now where handle = :handle and password_record = :was and removed = 0",
                      {{"now", replace.now}, {"was", replace.was}, {"handle", replace.user}});
  // Another password meanwhile: then there is nothing to replace.
  if (!replaced) return std::unexpected(replaced.error());
  return {};
}

Status Changer::operator()(const Revoke& revoke) {
  model::RevocationEvent event{.realm = TRY(realm_of(revoke)),
                               .kind = revoke.kind,
                               .id = revoke.id,
                               .at = now_,
                               .iat_before_s = revoke.iat_before_s,
                               .prune_after_s = revoke.prune_after_s,
                               .client = revoke.client};
  if (event.prune_after_s != 0)
    event.prune_after_s = std::max(event.prune_after_s, TRY(last_killed_expiry_s(connection_, event.kind, event.id, now_)));
  TRY(append_entry(connection_, event));
  TRY(mark_row(revoke, event.number));
  appended_.push_back(event);
  return {};
}

Result<model::RealmId> Changer::realm_of(const Revoke& revoke) {
  const auto find = [&](std::string_view sql) { return select_number(connection_, sql, {{"id", revoke.id}}); };
  switch (revoke.kind) {
    case model::RevocationKind::family:
      return find("select c.realm from family f join client c on c.id = f.client where f.handle = :id");
    case model::RevocationKind::session:
      return find("select realm from session where handle = :id");
    case model::RevocationKind::secret:
      return find("select c.realm from client_secret s join client c on c.id = s.client where s.handle = :id");
    case model::RevocationKind::client:
      return find("select realm from client where handle = :id");
    case model::RevocationKind::user:
      return find("select realm from account where handle = :id");
    case model::RevocationKind::consent:
      return find("select realm from consent where handle = :id");
    case model::RevocationKind::realm:
      return find("select id from realm where handle = :id");
    case model::RevocationKind::key:
      if (revoke.realm == 0)
        return select_number(connection_, "select realm from signing_key where kid = :kid", {{"kid", revoke.id.str()}});
      break;
    case model::RevocationKind::token:
      break;
  }
  if (revoke.realm == 0) return fail(Reason::record_missing, "the revocation names no realm");
  return revoke.realm;
}

/// Rows remember what the journal may prune.
Status Changer::mark_row(const Revoke& revoke, std::int64_t number) {
  // Numbers rise, so the newest is the highest. `ended_seq` follows only where the revocation ends sessions and families.
#define TESSERA_SEQS "set revoked_seq = :number, ended_seq = case when :ends = 1 then :number else ended_seq end"
#define TESSERA_NOT_BEFORE ", not_before_s = case when not_before_s > :iat_before_s then not_before_s else :iat_before_s end"
  const auto raise = [&](std::string_view sql) {
    return change_one(connection_, sql,
                      {{"number", number}, {"ends", revoke.ends}, {"iat_before_s", revoke.iat_before_s}, {"id", revoke.id}});
  };
  switch (revoke.kind) {
    case model::RevocationKind::realm:
      return raise("update realm " TESSERA_SEQS TESSERA_NOT_BEFORE " where handle = :id");
    case model::RevocationKind::client:
      return raise("update client " TESSERA_SEQS TESSERA_NOT_BEFORE " where handle = :id");
    case model::RevocationKind::user:
      return raise("update account " TESSERA_SEQS TESSERA_NOT_BEFORE " where handle = :id");
    case model::RevocationKind::secret:
      return change_one(connection_, "update client_secret " TESSERA_SEQS " where handle = :id",
                        {{"number", number}, {"ends", revoke.ends}, {"id", revoke.id}});
    case model::RevocationKind::consent:
      if (revoke.ends) withdraw(Kind::consent_ended, revoke.id);
      return change_one(connection_,
                        "update consent " TESSERA_SEQS ", withdrawn = case when :ends = 1 then 1 else withdrawn end where handle = :id",
                        {{"number", number}, {"ends", revoke.ends}, {"id", revoke.id}});
    case model::RevocationKind::family:
    case model::RevocationKind::session:
      break;
    case model::RevocationKind::token:
    case model::RevocationKind::key:
      return {};
  }
#undef TESSERA_SEQS
#undef TESSERA_NOT_BEFORE
  if (!revoke.ends) return {};
  // Ending it twice is no error (RFC 7009); the first time counts.
  constexpr std::string_view kEndFamily =
      "update family set ended_at_s = case when ended_at_s = 0 then :now_s else ended_at_s end where handle = :id";
  constexpr std::string_view kEndSession =
      "update session set ended_at_s = case when ended_at_s = 0 then :now_s else ended_at_s end where handle = :id";
  return change_one(connection_, revoke.kind == model::RevocationKind::family ? kEndFamily : kEndSession,
                    {{"now_s", base::to_s(now_)}, {"id", revoke.id}});
}

}  // namespace

Result<Applied> apply_changes(Connection& connection, const std::vector<Change>& changes, TimePoint now) {
  return Changer(connection, changes, now).apply();
}

}  // namespace tessera::store
