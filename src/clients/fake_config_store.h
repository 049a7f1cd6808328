// A store of records in memory, for tests: counts its reads and can be made to do something in the middle of one.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace tessera::clients {

class FakeConfigStore final : public store::ConfigStore {
 public:
  std::vector<model::Realm> realm_rows;
  std::vector<model::Client> client_rows;
  std::vector<model::ClientSecret> secret_rows;
  std::vector<model::User> user_rows;
  int client_reads = 0;
  int user_reads = 0;
  bool down = false;
  std::function<void()> once_read;  ///< done once, between a row's being read and its being handed out

  Result<std::vector<model::Realm>> realms() override {
    if (down) return fail(Reason::store_unavailable);
    return realm_rows;
  }

  Result<model::Client> find_client(const Turn& turn, model::RealmId realm, std::string_view client_id) override {
    return read(turn, client_rows, client_reads, [&](const auto& row) { return row.realm == realm && row.client_id == client_id; });
  }
  Result<model::Client> find_client(const Turn& turn, const Handle& handle) override {
    return read(turn, client_rows, client_reads, [&](const auto& row) { return row.handle == handle; });
  }
  Result<std::vector<model::ClientSecret>> secrets_of(const Turn&, const Handle& client) override {
    std::vector<model::ClientSecret> live;
    for (const auto& row : secret_rows)
      if (row.client == client) live.push_back(row);
    return live;
  }
  Result<model::User> find_user(const Turn& turn, model::RealmId realm, std::string_view username) override {
    return read(turn, user_rows, user_reads, [&](const auto& row) { return row.realm == realm && row.username == username; });
  }
  Result<model::User> find_user(const Turn& turn, const Handle& handle) override {
    return read(turn, user_rows, user_reads, [&](const auto& row) { return row.handle == handle; });
  }

  Result<std::vector<model::Client>> list_clients(model::RealmId, const store::Page&) override { return fail(Reason::internal); }
  Result<std::vector<model::User>> list_users(model::RealmId, const store::Page&) override { return fail(Reason::internal); }
  Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId) override { return fail(Reason::internal); }
  Result<std::vector<store::KeyRecord>> keys(model::RealmId) override { return fail(Reason::internal); }
  Result<std::vector<store::AuditRecord>> audit_tail(model::RealmId, int) override { return fail(Reason::internal); }
  Result<std::vector<model::RevocationEvent>> commit(const Turn&, const std::vector<store::Change>&,
                                                     const std::vector<store::AuditRecord>&) override {
    return fail(Reason::internal);
  }
  Result<int> prune_audit(TimePoint, int) override { return fail(Reason::internal); }
  Result<int> drop_unused_policies(int) override { return fail(Reason::internal); }
  Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>&) override { return fail(Reason::internal); }

 private:
  template <class Row, class Predicate>
  Result<Row> read(const Turn& turn, const std::vector<Row>& rows, int& reads, Predicate wanted) {
    if (turn.lane == Lane::io) return fail(Reason::would_wait);
    if (down) return fail(Reason::store_unavailable);
    ++reads;
    for (const Row& row : rows) {
      if (!wanted(row)) continue;
      Row copy = row;
      if (const auto act = std::exchange(once_read, nullptr)) act();
      return copy;
    }
    return fail(Reason::record_missing);
  }
};

}  // namespace tessera::clients
