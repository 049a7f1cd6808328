#pragma once

#include "store/db.h"
#include "store/sql_sessions.h"
#include "store/store.h"

namespace tessera::store {

class SqlAuthorizations final : public AuthorizationStore {
 public:
  SqlAuthorizations(Db& db, const SqlSessions& sessions) : db_(db), sessions_(sessions) {}

  Status begin_session(const Turn& turn, const model::Session& session) override;
  Status put_code(const Turn& turn, const model::AuthorizationCode& code) override;
  Result<model::AuthorizationCode> find_code(const Turn& turn, std::string_view digest) override;
  Status redeem(const Turn& turn, std::string_view digest, const std::optional<model::Session>& session,
                const model::Family& family) override;
  Status burn(const Turn& turn, std::string_view digest) override;
  Result<model::Consent> find_consent(const Turn& turn, const Handle& user, const Handle& client) override;
  Result<model::Consent> grant_consent(const Turn& turn, const model::Consent& consent) override;
  Result<std::vector<model::Consent>> consents_of(const Handle& user) override;
  Result<int> sweep_codes(TimePoint before, int limit) override;

 private:
  Db& db_;
  const SqlSessions& sessions_;
};

}  // namespace tessera::store
