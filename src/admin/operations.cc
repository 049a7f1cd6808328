#include "admin/operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/ending.h"

namespace tessera::admin {

using model::RevocationKind;

Result<model::Realm> Operations::find_realm(std::string_view name) {
  const auto realms = TRY(services_.config.realms());
  for (const auto& realm : realms)
    if (realm.name == name) return realm;
  return fail(Reason::record_missing, fmt::format("no realm \"{}\"; `tessera realm list` shows those that exist", name));
}

Result<model::Client> Operations::find_client(const model::Realm& realm, std::string_view client_id) {
  auto client = services_.config.find_client(turn_of(services_), realm.id, client_id);
  if (!client && client.error().reason == Reason::record_missing)
    return fail(Reason::record_missing, fmt::format("no client \"{}\" in realm {}; `tessera client list {}` shows those that exist",
                                                    client_id, realm.name, realm.name));
  return client;
}

Result<model::User> Operations::find_user(const model::Realm& realm, std::string_view username) {
  auto user = services_.config.find_user(turn_of(services_), realm.id, username);
  if (!user && user.error().reason == Reason::record_missing)
    return fail(Reason::record_missing,
                fmt::format("no user \"{}\" in realm {}; `tessera user list {}` shows those that exist", username, realm.name, realm.name));
  return user;
}

Status Operations::commit(const std::vector<store::Change>& changes, const store::AuditRecord& audit) {
  TRY(services_.revocations.commit(turn_of(services_), changes, {audit}));
  return {};
}

Result<std::vector<RealmPlan>> Operations::apply(const std::vector<NamedText>& files, const ApplyOptions& options) {
  const auto declared = TRY(read_realm_files(files));
  if (!options.dry_run) return apply_realms(services_, declared, options.prune);
  std::vector<RealmPlan> plans;
  for (const auto& realm : declared) plans.push_back(TRY(plan_realm(services_, realm, options.prune)));
  return plans;
}

Result<std::vector<model::Realm>> Operations::list_realms() { return services_.config.realms(); }

Result<model::Realm> Operations::show_realm(std::string_view realm) { return find_realm(realm); }

Status Operations::enable_realm(std::string_view name, bool enabled) {
  auto realm = TRY(find_realm(name));
  if (realm.enabled == enabled) return {};
  realm.enabled = enabled;
  const TimePoint now = services_.clock.now();
  std::vector<store::Change> changes{store::PutRealm{realm}};
  if (!enabled) changes.push_back(suspend(RevocationKind::realm, realm.handle, last_expiry_s(realm, now)));
  return commit(changes, audit_of(realm.id, now, enabled ? "realm.enable" : "realm.disable", "realm:" + realm.name));
}

Result<std::int64_t> Operations::raise_not_before(std::string_view name) {
  const auto realm = TRY(find_realm(name));
  const TimePoint now = services_.clock.now();
  auto entry = suspend(RevocationKind::realm, realm.handle, last_expiry_s(realm, now));
  // The next whole second: a refresh token of this very second was issued before, too.
  entry.iat_before_s = base::to_s(now) + 1;
  TRY(commit({entry}, audit_of(realm.id, now, "realm.not_before", "realm:" + realm.name, {{"not_before", entry.iat_before_s}})));
  return entry.iat_before_s;
}

Result<std::vector<model::Client>> Operations::list_clients(std::string_view realm, const store::Page& page) {
  const auto found = TRY(find_realm(realm));
  return services_.config.list_clients(found.id, page);
}

Result<model::Client> Operations::show_client(std::string_view realm, std::string_view client_id) {
  return find_client(TRY(find_realm(realm)), client_id);
}

Status Operations::enable_client(std::string_view realm_name, std::string_view client_id, bool enabled) {
  const auto realm = TRY(find_realm(realm_name));
  return repeat_on_conflict([&]() -> Status {
    const auto before = TRY(find_client(realm, client_id));
    if (before.enabled == enabled) return {};
    auto client = before;
    client.enabled = enabled;
    const TimePoint now = services_.clock.now();
    std::vector<store::Change> changes{store::PutClient{.client = client, .was = before}};
    if (!enabled) changes.push_back(suspend(RevocationKind::client, client.handle, last_expiry_s(client, now)));
    return commit(changes, audit_of(realm.id, now, enabled ? "client.enable" : "client.disable", "client:" + client.client_id));
  });
}

Status Operations::remove_client(std::string_view realm_name, std::string_view client_id) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  const TimePoint now = services_.clock.now();
  return commit({revoke(RevocationKind::client, client.handle, last_expiry_s(client, now)), store::RemoveClient{client.handle}},
                audit_of(realm.id, now, "client.remove", "client:" + client.client_id));
}

}  // namespace tessera::admin
