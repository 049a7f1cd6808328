#include "clients/directory.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "clients/record_cache.h"

namespace tessera::clients {
namespace {

/// Every realm, as of one moment. There are few, so all are kept.
struct Realms {
  std::map<std::string, std::shared_ptr<const model::Realm>, std::less<>> by_name;
  std::map<model::RealmId, std::shared_ptr<const model::Realm>> by_id;

  void put(model::Realm realm) {
    auto shared = std::make_shared<const model::Realm>(std::move(realm));
    by_name[shared->name] = shared;
    by_id[shared->id] = std::move(shared);
  }
};

bool touches_realm(const store::Change& change) {
  if (std::holds_alternative<store::PutRealm>(change)) return true;
  const auto* const revoke = std::get_if<store::Revoke>(&change);
  return revoke && revoke->kind == model::RevocationKind::realm;
}

/// Does to the realms in memory what a committed change did to those in the store; a realm that is new stays unknown.
void apply(const store::Change& change, Realms& realms) {
  if (const auto* const put = std::get_if<store::PutRealm>(&change)) {
    const auto known = realms.by_name.find(put->realm.name);
    if (known == realms.by_name.end()) return;
    model::Realm realm = *known->second;
    realm.enabled = put->realm.enabled;
    realm.policy = put->realm.policy;
    realms.put(std::move(realm));
    return;
  }
  const auto& revoke = std::get<store::Revoke>(change);
  for (const auto& [id, known] : realms.by_id) {
    if (known->handle != revoke.id) continue;
    model::Realm realm = *known;
    realm.not_before_s = std::max(realm.not_before_s, revoke.iat_before_s);
    return realms.put(std::move(realm));
  }
}

bool has_secret(const ClientEntry& entry, const Handle& secret) {
  return std::any_of(entry.secrets.begin(), entry.secrets.end(), [&](const model::ClientSecret& live) { return live.handle == secret; });
}

/// The store's "no such record", said of what was looked for.
Error name_missing(Error error, Reason unknown) {
  if (error.reason == Reason::record_missing) error.reason = unknown;
  return error;
}

/// Anybody can make up client ids and have us wait for the store: those requests are told apart from others that wait.
Error name_lookup(Error error) {
  if (error.reason == Reason::would_wait) error.reason = Reason::would_look_up;
  return error;
}

}  // namespace

struct Directory::Caches {
  Caches(std::size_t client_capacity, std::size_t user_capacity) : clients(client_capacity), users(user_capacity) {}

  void drop(const store::Change& change);
  void drop_revoked(const store::Revoke& revoke);
  void drop_owner_of(const Handle& secret) {
    clients.drop_if([&](const ClientEntry& entry) { return has_secret(entry, secret); });
  }

  std::mutex realms_writer;  // held while the store is read, so that a later read is never replaced by an earlier one
  std::atomic<std::shared_ptr<const Realms>> realms = std::make_shared<const Realms>();
  RecordCache<ClientEntry> clients;
  RecordCache<model::User> users;
};

void Directory::Caches::drop(const store::Change& change) {
  if (const auto* const put_client = std::get_if<store::PutClient>(&change)) return clients.drop(put_client->client.handle);
  if (const auto* const remove_client = std::get_if<store::RemoveClient>(&change)) return clients.drop(remove_client->client);
  if (const auto* const raise = std::get_if<store::RaiseMaxExpiry>(&change)) return clients.drop(raise->client);
  if (const auto* const add_secret = std::get_if<store::AddSecret>(&change)) return clients.drop(add_secret->secret.client);
  if (const auto* const end_secret = std::get_if<store::EndSecret>(&change)) return drop_owner_of(end_secret->secret);
  if (const auto* const put_user = std::get_if<store::PutUser>(&change)) return users.drop(put_user->user.handle);
  if (const auto* const replace = std::get_if<store::ReplacePasswordRecord>(&change)) return users.drop(replace->user);
  if (const auto* const remove_user = std::get_if<store::RemoveUser>(&change)) return users.drop(remove_user->user);
  if (const auto* const revoke = std::get_if<store::Revoke>(&change)) return drop_revoked(*revoke);
}

void Directory::Caches::drop_revoked(const store::Revoke& revoke) {
  if (revoke.kind == model::RevocationKind::client) return clients.drop(revoke.id);
  if (revoke.kind == model::RevocationKind::user) return users.drop(revoke.id);
  if (revoke.kind == model::RevocationKind::secret) return drop_owner_of(revoke.id);
}

Directory::Directory(store::ConfigStore& store, std::size_t client_capacity, std::size_t user_capacity)
    : store_(store), caches_(std::make_unique<Caches>(client_capacity, user_capacity)) {}

Directory::~Directory() = default;

Status Directory::load_realms() {
  const std::lock_guard lock(caches_->realms_writer);
  auto realms = std::make_shared<Realms>();
  for (model::Realm& realm : TRY(store_.realms())) realms->put(std::move(realm));
  caches_->realms = std::move(realms);
  return {};
}

std::shared_ptr<const model::Realm> Directory::realm(std::string_view name) const {
  const auto realms = caches_->realms.load();
  const auto found = realms->by_name.find(name);
  return found == realms->by_name.end() ? nullptr : found->second;
}

std::shared_ptr<const model::Realm> Directory::realm(model::RealmId id) const {
  const auto realms = caches_->realms.load();
  const auto found = realms->by_id.find(id);
  return found == realms->by_id.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const model::Realm>> Directory::realms() const {
  const auto realms = caches_->realms.load();
  std::vector<std::shared_ptr<const model::Realm>> all;
  all.reserve(realms->by_id.size());
  for (const auto& [id, realm] : realms->by_id) all.push_back(realm);
  return all;
}

Result<std::shared_ptr<const ClientEntry>> Directory::keep_client(std::uint64_t read_at, Result<ClientEntry> found) {
  if (!found) return std::unexpected(name_missing(std::move(found).error(), Reason::client_unknown));
  auto entry = std::make_shared<const ClientEntry>(std::move(*found));
  caches_->clients.put(entry->client.handle, entry->client.realm, entry->client.client_id, entry, read_at);
  return entry;
}

Result<std::shared_ptr<const ClientEntry>> Directory::client(const Turn& turn, model::RealmId realm, std::string_view client_id) {
  if (auto known = caches_->clients.find(realm, client_id)) return known;
  const auto read_at = caches_->clients.epoch();
  auto entry = keep_client(read_at, store_.find_client_with_secrets(turn, realm, client_id));
  if (!entry) return std::unexpected(name_lookup(std::move(entry).error()));
  return entry;
}

Result<std::shared_ptr<const ClientEntry>> Directory::client(const Turn& turn, const Handle& handle) {
  if (auto known = caches_->clients.find(handle)) return known;
  const auto read_at = caches_->clients.epoch();
  return keep_client(read_at, store_.find_client_with_secrets(turn, handle));
}

Result<std::shared_ptr<const model::User>> Directory::user(const Turn& turn, const Handle& handle) {
  if (auto known = caches_->users.find(handle)) return known;
  const auto read_at = caches_->users.epoch();
  auto user = store_.find_user(turn, handle);
  if (!user) return std::unexpected(name_missing(std::move(user).error(), Reason::user_unknown));
  auto record = std::make_shared<const model::User>(std::move(*user));
  caches_->users.put(handle, record, read_at);
  return record;
}

void Directory::on_committed(const std::vector<store::Change>& changes) {
  for (const store::Change& change : changes) caches_->drop(change);
  if (std::none_of(changes.begin(), changes.end(), touches_realm) || load_realms()) return;

  // The change holds though the store can't be read just now: what it says of known realms must count all the same.
  const std::lock_guard lock(caches_->realms_writer);
  auto realms = std::make_shared<Realms>(*caches_->realms.load());
  for (const store::Change& change : changes)
    if (touches_realm(change)) apply(change, *realms);
  caches_->realms = std::move(realms);
}

}  // namespace tessera::clients
