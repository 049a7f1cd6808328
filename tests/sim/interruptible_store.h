// Stores that let something else happen in the middle of a call. Only calls that are made without a lock held are interrupted: what
// waits for a lock in the server can't happen there either.
#pragma once

#include <functional>

#include "store/store.h"

namespace tessera::sim {

/// Called before and after every call that may be interrupted.
using Interruption = std::function<void()>;

template <class Call>
auto interrupted(const Interruption& interruption, const Call& call) {
  interruption();
  auto result = call();
  interruption();
  return result;
}

/// Lets something happen between a commit and the moment at which its entries count.
class InterruptingListener final : public store::ChangeListener {
 public:
  explicit InterruptingListener(Interruption interruption) : interruption_(std::move(interruption)) {}
  void on_committed(const std::vector<store::Change>&) override { interruption_(); }

 private:
  Interruption interruption_;
};

class InterruptibleConfig final : public store::ConfigStore {
 public:
  InterruptibleConfig(store::ConfigStore& store, Interruption interruption) : store_(store), interruption_(std::move(interruption)) {}

  Result<model::Client> find_client(const Turn& turn, model::RealmId realm, std::string_view client_id) override {
    return interrupted(interruption_, [&] { return store_.find_client(turn, realm, client_id); });
  }
  Result<model::Client> find_client(const Turn& turn, const Handle& handle) override {
    return interrupted(interruption_, [&] { return store_.find_client(turn, handle); });
  }
  Result<store::ClientWithSecrets> find_client_with_secrets(const Turn& turn, model::RealmId realm, std::string_view client_id) override {
    return interrupted(interruption_, [&] { return store_.find_client_with_secrets(turn, realm, client_id); });
  }
  Result<std::vector<model::ClientSecret>> secrets_of(const Turn& turn, const Handle& client) override {
    return interrupted(interruption_, [&] { return store_.secrets_of(turn, client); });
  }
  Result<model::User> find_user(const Turn& turn, model::RealmId realm, std::string_view username) override {
    return interrupted(interruption_, [&] { return store_.find_user(turn, realm, username); });
  }
  Result<model::User> find_user(const Turn& turn, const Handle& handle) override {
    return interrupted(interruption_, [&] { return store_.find_user(turn, handle); });
  }
  Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<store::Change>& changes,
                                                     const std::vector<store::AuditRecord>& audit) override {
    return interrupted(interruption_, [&] { return store_.commit(turn, changes, audit); });
  }

  Result<std::vector<model::Realm>> realms() override { return store_.realms(); }
  Result<std::vector<model::Client>> list_clients(model::RealmId realm, const store::Page& page) override {
    return store_.list_clients(realm, page);
  }
  Result<std::vector<model::User>> list_users(model::RealmId realm, const store::Page& page) override {
    return store_.list_users(realm, page);
  }
  Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId realm) override { return store_.policies_in_use(realm); }
  Result<std::vector<store::KeyRecord>> keys(model::RealmId realm) override { return store_.keys(realm); }
  Result<std::vector<store::AuditRecord>> audit_tail(model::RealmId realm, int limit) override { return store_.audit_tail(realm, limit); }
  Result<int> prune_audit(TimePoint before, int limit) override { return store_.prune_audit(before, limit); }
  Result<int> drop_unused_policies(int limit) override { return store_.drop_unused_policies(limit); }
  Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>& last_used_at_s) override {
    return store_.touch_secrets(last_used_at_s);
  }

 private:
  store::ConfigStore& store_;
  Interruption interruption_;
};

class InterruptibleSessions final : public store::SessionStore {
 public:
  InterruptibleSessions(store::SessionStore& store, Interruption interruption, std::function<bool()> read_fails)
      : store_(store), interruption_(std::move(interruption)), read_fails_(std::move(read_fails)) {}

  Status open(const Turn& turn, const std::optional<model::Session>& session, const model::Family& family) override {
    return interrupted(interruption_, [&] { return store_.open(turn, session, family); });
  }
  Result<model::Family> find_family(const Turn& turn, const Handle& family) override {
    return read([&] { return store_.find_family(turn, family); });
  }
  Result<model::Session> find_session(const Turn& turn, const Handle& session) override {
    return read([&] { return store_.find_session(turn, session); });
  }
  Result<store::FamilyInSession> find_for_rotation(const Turn& turn, const Handle& family) override {
    return read([&] { return store_.find_for_rotation(turn, family); });
  }
  Result<store::Rotation> rotate(const Turn& turn, const model::Family& family, const store::Showing& shown, int leeway_s,
                                 std::vector<model::RevocationEvent>& ended) override {
    return interrupted(interruption_, [&] { return store_.rotate(turn, family, shown, leeway_s, ended); });
  }
  Result<model::Family> touch(const Turn& turn, const Handle& family, bool notes_session) override {
    return interrupted(interruption_, [&] { return store_.touch(turn, family, notes_session); });
  }
  Result<std::vector<model::Session>> sessions_of(const Handle& user) override { return store_.sessions_of(user); }
  Result<std::vector<store::SessionParty>> parties_of_session(const Handle& session) override { return store_.parties_of_session(session); }
  Result<std::vector<store::SessionParty>> parties_of_user(const Handle& user) override { return store_.parties_of_user(user); }
  Result<store::Swept> sweep(TimePoint before, int limit) override { return store_.sweep(before, limit); }

 private:
  template <class Call>
  auto read(const Call& call) -> decltype(call()) {
    if (read_fails_()) return fail(Reason::store_unavailable);
    return interrupted(interruption_, call);
  }

  store::SessionStore& store_;
  Interruption interruption_;
  std::function<bool()> read_fails_;
};

}  // namespace tessera::sim
