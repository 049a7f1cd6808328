#pragma once

#include "store/db.h"
#include "store/known_policies.h"
#include "store/sql_journal.h"
#include "store/sql_withdrawals.h"
#include "store/store.h"

namespace tessera::store {

class SqlConfig final : public ConfigStore {
 public:
  SqlConfig(Db& db, JournalGuard& guard, WithdrawalGuard& withdrawals);

  Result<std::vector<model::Realm>> realms() override;
  Result<model::Client> find_client(const Turn& turn, model::RealmId realm, std::string_view client_id) override;
  Result<model::Client> find_client(const Turn& turn, const Handle& handle) override;
  Result<ClientWithSecrets> find_client_with_secrets(const Turn& turn, model::RealmId realm, std::string_view client_id) override;
  Result<std::vector<model::ClientSecret>> secrets_of(const Turn& turn, const Handle& client) override;
  Result<model::User> find_user(const Turn& turn, model::RealmId realm, std::string_view username) override;
  Result<model::User> find_user(const Turn& turn, const Handle& handle) override;
  Result<std::vector<model::Client>> list_clients(model::RealmId realm, const Page& page) override;
  Result<std::vector<model::User>> list_users(model::RealmId realm, const Page& page) override;
  Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId realm) override;
  Result<std::vector<KeyRecord>> keys(model::RealmId realm) override;
  Result<std::vector<AuditRecord>> audit_tail(model::RealmId realm, int limit) override;
  Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<Change>& changes,
                                                     const std::vector<AuditRecord>& audit) override;
  Result<int> prune_audit(TimePoint before, int limit) override;
  Result<int> drop_unused_policies(int limit) override;
  Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>& last_used_at_s) override;

 private:
  Db& db_;
  JournalGuard& guard_;
  WithdrawalGuard& withdrawals_;
  KnownPolicies policies_;
  const std::function<Result<model::Client>(const Row&)> read_client_;
};

}  // namespace tessera::store
