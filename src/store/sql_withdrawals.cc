#include "store/sql_withdrawals.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "store/sql_audit.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

using Kind = Withdrawal::Kind;

Status insert(Connection& connection, const Withdrawal& withdrawal) {
  return connection.execute("insert into withdrawal (number, kind, id) values (:number, :kind, :id)",
                            {{"number", withdrawal.number}, {"kind", static_cast<std::int64_t>(withdrawal.kind)}, {"id", withdrawal.id}});
}

/// Each returns the realm and the name of what it changed.
std::string_view statement_of(Kind kind) {
#define TESSERA_THIS_CLIENT " where handle = :id returning realm, 'client:' || client_id"
#define TESSERA_THIS_USER " where handle = :id returning realm, 'user:' || username"
#define TESSERA_THIS_REALM " where handle = :id returning id, 'realm:' || name"
  switch (kind) {
    case Kind::secret_deleted:
      return "update client_secret set deleted = 1 where handle = :id returning "
             "(select realm from client where client.id = client_secret.client), "
             "(select 'client:' || client_id from client where client.id = client_secret.client)";
    case Kind::client_removed:
      return "update client set removed = 1" TESSERA_THIS_CLIENT;
    case Kind::client_disabled:
    case Kind::client_narrowed:
      return "update client set enabled = 0" TESSERA_THIS_CLIENT;
    case Kind::client_enabled:
      return "update client set enabled = 1" TESSERA_THIS_CLIENT;
    case Kind::user_removed:
      return "update account set removed = 1" TESSERA_THIS_USER;
    case Kind::user_disabled:
      return "update account set enabled = 0" TESSERA_THIS_USER;
    case Kind::user_enabled:
      return "update account set enabled = 1" TESSERA_THIS_USER;
    case Kind::password_changed:
      return "update account set password_record = ''" TESSERA_THIS_USER;
    case Kind::realm_disabled:
      return "update realm set enabled = 0" TESSERA_THIS_REALM;
    case Kind::realm_enabled:
      return "update realm set enabled = 1" TESSERA_THIS_REALM;
    case Kind::consent_ended:
      return "update consent set withdrawn = 1 where handle = :id returning realm, "
             "(select 'user:' || username from account where account.id = consent.account)";
    case Kind::initial_access_token_withdrawn:
      return "update initial_access_token set uses_left = 0 where handle = :id returning realm, 'initial-access-token:'";
    case Kind::key_removed:
      break;
  }
#undef TESSERA_THIS_CLIENT
#undef TESSERA_THIS_USER
#undef TESSERA_THIS_REALM
  return "update signing_key set state = 4, sealed = :nothing where kid = :kid returning realm, 'key:' || kid";
}
static_assert(static_cast<int>(KeyRecord::State::gone) == 4);

/// What came into being after the backup isn't there: then there is nothing to withdraw.
Status repeat_one(Connection& connection, const Withdrawal& withdrawal, TimePoint now, std::vector<WithdrawnAgain>& repeated) {
  std::optional<AuditRecord> audit;
  const RowSink note = [&](const Row& row) {
    const std::string object = row.text(1);
    audit = AuditRecord{.realm = row.int64(0),
                        .at = now,
                        .actor = "cli",
                        .action = "restore",
                        .object = object.ends_with(':') ? object + withdrawal.id.str() : object,
                        .request_id = {},
                        .detail = fmt::format(R"({{"again":"{}"}})", withdrawal_name(withdrawal.kind))};
  };
  if (withdrawal.kind == Kind::key_removed)
    TRY(connection.execute(statement_of(withdrawal.kind), {{"kid", withdrawal.id.str()}, {"nothing", Bytes{}}}, note));
  else
    TRY(connection.execute(statement_of(withdrawal.kind), {{"id", withdrawal.id}}, note));
  if (audit) {
    TRY(insert_audit(connection, *audit));
    repeated.push_back({withdrawal.kind, audit->object});
  }
  return insert(connection, withdrawal);
}

Result<Kind> kind_of(std::int64_t stored) {
  if (stored < 1 || stored > static_cast<std::int64_t>(Kind::initial_access_token_withdrawn))
    return fail(Reason::store_corrupt, fmt::format("a withdrawal of the unknown kind {}", stored));
  return static_cast<Kind>(stored);
}

Result<std::vector<Withdrawal>> select_after(Db& db, std::int64_t number) {
  return read_value<std::vector<Withdrawal>>(db, Lane::pool, [number](Connection& connection) {
    return select_all<Withdrawal>(
        connection, "select number, kind, id from withdrawal where number > :number order by number", {{"number", number}},
        [](const Row& row) -> Result<Withdrawal> { return Withdrawal{row.int64(0), TRY(kind_of(row.int64(1))), row.handle(2)}; });
  });
}

Result<std::int64_t> last_of(Db& db) {
  return read_value<std::int64_t>(db, Lane::pool, [](Connection& connection) {
    return select_number(connection, "select last_withdrawal from meta where one = 1", {});
  });
}

}  // namespace

Status append_withdrawals(Connection& connection, const std::vector<std::pair<Kind, Handle>>& withdrawals) {
  for (const auto& [kind, id] : withdrawals) {
    const auto number =
        TRY(select_number(connection, "update meta set last_withdrawal = last_withdrawal + 1 where one = 1 returning last_withdrawal", {}));
    TRY(insert(connection, {.number = number, .kind = kind, .id = id}));
  }
  return {};
}

/// Each holds what came before it: if the last that both have is the same, so are the others.
Status require_own(const WithdrawalFile& file, Db& db, std::int64_t last_of_both) {
  if (last_of_both == 0) return {};
  const auto stored = TRY(select_after(db, last_of_both - 1));
  const auto filed = TRY(file.after(last_of_both - 1));
  if (!stored.empty() && stored.front() == filed.front()) return {};
  return fail(Reason::store_corrupt,
              fmt::format("{}, line {}, names what another database withdrew: put this database's own file back, or remove it: a database "
                          "that was not restored has it all",
                          file.path(), last_of_both));
}

Status WithdrawalGuard::start(Db& db, std::optional<TimePoint> restored_at) {
  if (!file_) return {};
  const auto number = TRY(last_of(db));
  if (restored_at && number < file_->last()) TRY(repeat(db, number, *restored_at));
  return copy(db);
}

Status WithdrawalGuard::repeat(Db& db, std::int64_t number, TimePoint now) {
  const auto missing = TRY(file_->after(number));
  return db.write(Lane::pool, [&](Connection& connection) -> Status {
    repeated_.clear();
    std::set<Handle> narrowed;
    for (const auto& withdrawal : missing)
      if (withdrawal.kind == Kind::client_narrowed) narrowed.insert(withdrawal.id);
    for (const auto& withdrawal : missing) {
      // Who enabled it had a client before them that lacks what this copy has again.
      const bool void_now = withdrawal.kind == Kind::client_enabled && narrowed.contains(withdrawal.id);
      TRY(void_now ? insert(connection, withdrawal) : repeat_one(connection, withdrawal, now, repeated_));
    }
    return connection.execute("update meta set last_withdrawal = :last where one = 1", {{"last", file_->last()}});
  });
}

Status WithdrawalGuard::copy(Db& db) {
  if (!file_) return {};
  const std::lock_guard lock(mutex_);
  // From the database, not from the caller: of two commits the second may come here first, and brings the first one's along.
  const auto known = file_->last();
  auto stored = select_after(db, std::max<std::int64_t>(known - 1, 0));
  if (!stored) return fail(Reason::commit_unknown, "committed, but not noted in " + file_->path() + ": " + stored.error().context);
  if (known > 0) {
    if (stored->empty() || stored->front() != file_->newest())
      return fail(Reason::store_corrupt, fmt::format("withdrawal {} is another than was noted", known));
    stored->erase(stored->begin());
  }
  TRY(file_->append(*stored));
  return epoch_->raise({.withdrawals = file_->last()});
}

}  // namespace tessera::store
