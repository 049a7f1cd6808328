#pragma once

#include "store/db.h"
#include "store/store.h"

namespace tessera::store {

class SqlRegistrations final : public RegistrationStore {
 public:
  explicit SqlRegistrations(Db& db) : db_(db) {}

  Result<model::InitialAccessToken> find_initial_access_token(const Turn& turn, model::RealmId realm, std::string_view digest) override;
  Result<std::vector<model::InitialAccessToken>> initial_access_tokens(const Turn& turn, model::RealmId realm) override;
  Result<model::Registration> find_registration(const Turn& turn, const Handle& client) override;
  Result<int> sweep(TimePoint before, int limit) override;

 private:
  Db& db_;
};

// The changes of registration, inside the caller's transaction.
Status add_initial_access_token(Connection& connection, const AddInitialAccessToken& add);
Status spend_initial_access_token(Connection& connection, const SpendInitialAccessToken& spend, TimePoint now);
Status withdraw_initial_access_token(Connection& connection, const WithdrawInitialAccessToken& withdraw);
Status put_registration(Connection& connection, const model::Registration& registration);
Status remove_registration(Connection& connection, const Handle& client);

}  // namespace tessera::store
