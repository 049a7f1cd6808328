#include "keys/keyring.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/random.h"
#include "base/timestamp.h"
#include "keys/rotation.h"
#include "keys/sealed_values.h"

namespace tessera::keys {

using store::Change;
using store::KeyRecord;
using State = store::KeyRecord::State;

namespace {

constexpr std::string_view kRefreshMac = "refresh";  ///< the alg of opaque refresh tokens' keys
constexpr std::size_t kSecretSize = 32;
constexpr std::int64_t kForeverS = 253'402'300'799;  ///< the last second of 9999: what names a compromised key is never pruned

/// Signing first, since some clients take the first key of a JWK Set; then as they will be, and were, in use.
void sort_for_use(std::vector<KeyRecord>& keys) {
  const auto rank = [](State state) { return state == State::signing ? 0 : state == State::published ? 1 : 2; };
  std::sort(keys.begin(), keys.end(), [&](const KeyRecord& a, const KeyRecord& b) {
    return rank(a.state) != rank(b.state) ? rank(a.state) < rank(b.state) : a.created_at > b.created_at;
  });
}

/// Collects the opened keys of one realm. Fed in the order of sort_for_use, so the first of a kind is the newest.
class Collector {
 public:
  explicit Collector(std::string realm) { keys_.realm = std::move(realm); }

  Status add(const KeyRecord& record, const Secret& opened) {
    if (record.alg == kRefreshMac) {
      keys_.refresh_mac.emplace(record.kid, std::make_shared<const Secret>(opened.clone()));
      if (record.state == State::signing && keys_.refresh_mac_kid.empty()) keys_.refresh_mac_kid = record.kid;
      return {};
    }
    if (record.alg == kPairwise) {
      keys_.pairwise = std::make_shared<const Secret>(opened.clone());
      return {};
    }
    jose::Alg alg;
    if (!jose::find_alg(record.alg, alg))
      return fail(Reason::store_corrupt, fmt::format("key {} has the unknown alg {}", record.kid, record.alg));
    const auto key = jose::SigningKey::from_private(alg, record.kid, opened.reveal());
    if (!key) return fail(Reason::store_corrupt, fmt::format("key {}: {}", record.kid, key.error().context));
    keys_.verify.emplace(record.kid, jose::VerifyKey::of(*key));
    if (record.state == State::signing)
      keys_.signing.try_emplace(record.alg, std::make_shared<const RealmKeys::Signing>(
                                                RealmKeys::Signing{jose::JwtBuilder(*key, "at+jwt"), jose::JwtBuilder(*key, "JWT")}));
    append_jwk(jwks_, key->public_jwk());
    append_jwk(certified_jwks_, TRY(key->certified_jwk(keys_.realm, base::to_s(record.created_at))));
    return {};
  }

  std::shared_ptr<const RealmKeys> finish() && {
    keys_.jwks = R"({"keys":[)" + jwks_ + "]}";
    keys_.certified_jwks = R"({"keys":[)" + certified_jwks_ + "]}";
    return std::make_shared<const RealmKeys>(std::move(keys_));
  }

 private:
  /// Symmetric keys have no public form, and so no place in the set.
  static void append_jwk(std::string& set, const std::string& jwk) {
    if (jwk.empty()) return;
    if (!set.empty()) set += ',';
    set += jwk;
  }

  RealmKeys keys_;
  std::string jwks_;
  std::string certified_jwks_;
};

struct Material {
  std::string public_jwk;
  Secret secret;
};

Result<Material> generate(std::string_view alg_name, const std::string& kid) {
  if (alg_name == kRefreshMac || alg_name == kPairwise) return Material{"", base::random_secret(kSecretSize)};
  jose::Alg alg;
  if (!jose::find_alg(alg_name, alg)) return fail(Reason::key_missing, fmt::format("no algorithm is called {}", alg_name));
  const jose::SigningKey key = TRY(jose::SigningKey::generate(alg, kid));
  return Material{key.public_jwk(), key.private_bytes()};
}

std::string_view use_of(std::string_view alg) {
  if (alg == kPairwise) return "subject";
  return alg == "HS512" || alg == kRefreshMac ? "refresh" : "sig";
}

/// A compromised key as the journal names it, so that mirrors which hold it still drop its tokens.
std::optional<store::Revoke> revoke_key(const std::string& kid) {
  const auto id = Handle::parse(kid);
  if (!id) return std::nullopt;
  return store::Revoke{.kind = model::RevocationKind::key, .id = *id, .prune_after_s = kForeverS};
}

}  // namespace

Result<const RealmKeys::Signing*> RealmKeys::signing_by(std::string_view alg) const {
  const auto found = signing.find(alg);
  if (found == signing.end()) return fail(Reason::key_missing, fmt::format("realm {} has no {} key to sign with", realm, alg));
  return found->second.get();
}

Keyring::Keyring(store::ConfigStore& store, const Sealer& sealer) : store_(store), sealer_(sealer) {}

Result<std::shared_ptr<const RealmKeys>> Keyring::build(const model::Realm& realm) const {
  std::vector<KeyRecord> records = TRY(store_.keys(realm.id));
  sort_for_use(records);
  Collector collector(realm.name);
  for (const KeyRecord& record : records) {
    if (record.state == State::gone) continue;
    const Secret opened = TRY(open_sealed(record, "realm " + realm.name, sealer_));
    TRY(collector.add(record, opened));
  }
  return std::move(collector).finish();
}

Status Keyring::load(const std::vector<model::Realm>& realms) {
  const std::lock_guard loading(loading_);
  std::unordered_map<model::RealmId, std::shared_ptr<const RealmKeys>> loaded;
  for (const model::Realm& realm : realms) loaded.emplace(realm.id, TRY(build(realm)));
  const std::unique_lock lock(mutex_);
  realms_.swap(loaded);
  return {};
}

Status Keyring::reload(const model::Realm& realm) {
  const std::lock_guard loading(loading_);
  std::shared_ptr<const RealmKeys> keys = TRY(build(realm));
  const std::unique_lock lock(mutex_);
  // The old ones are freed after the lock, if nobody holds them any more.
  realms_[realm.id].swap(keys);
  return {};
}

std::shared_ptr<const RealmKeys> Keyring::realm(model::RealmId realm) const {
  const std::shared_lock lock(mutex_);
  const auto found = realms_.find(realm);
  return found == realms_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const RealmKeys>> Keyring::require(const model::Realm& realm) const {
  auto keys = this->realm(realm.id);
  if (!keys) return fail(Reason::key_missing, "realm " + realm.name + " has no keys");
  return keys;
}

Result<std::vector<Change>> Keyring::first_keys(model::RealmId realm, std::string_view alg, TimePoint now) const {
  std::vector<Change> changes;
  for (const std::string_view name : {alg, std::string_view("HS512"), kRefreshMac})
    changes.push_back(store::PutKey{TRY(make_key(realm, name, State::signing, now))});
  return changes;
}

Result<KeyRecord> Keyring::make_key(model::RealmId realm, std::string_view alg, State state, TimePoint now) const {
  KeyRecord record;
  record.realm = realm;
  record.kid = Handle::random().str();
  record.alg = alg;
  record.use = use_of(alg);
  record.state = state;
  record.created_at = now;
  Material material = TRY(generate(alg, record.kid));
  record.public_jwk = std::move(material.public_jwk);
  record.sealed = seal_for(record, material.secret.reveal(), sealer_);
  return record;
}

Result<std::vector<Change>> Keyring::rotate(model::RealmId realm, std::string_view alg, std::int64_t verify_until_s, TimePoint now) const {
  const std::vector<KeyRecord> keys = TRY(store_.keys(realm));
  std::vector<Change> changes;
  for (KeyRecord key : keys) {
    if (key.alg != alg || key.state != State::signing) continue;
    key.state = State::verify_only;
    key.verify_until_s = verify_until_s;
    changes.push_back(store::PutKey{std::move(key)});
  }
  const KeyRecord* const published = newest(keys, alg, State::published);
  KeyRecord next = published ? *published : TRY(make_key(realm, alg, State::signing, now));
  next.state = State::signing;
  changes.push_back(store::PutKey{std::move(next)});
  return changes;
}

Result<std::vector<Change>> Keyring::replace_gone(model::RealmId realm, TimePoint now) const {
  const std::vector<KeyRecord> keys = TRY(store_.keys(realm));
  std::set<std::string_view> unsigned_algs;
  for (const KeyRecord& key : keys)
    if (key.state == State::gone && !newest(keys, key.alg, State::signing)) unsigned_algs.insert(key.alg);
  std::vector<Change> changes;
  for (const std::string_view alg : unsigned_algs)
    for (Change& change : TRY(rotate(realm, alg, base::to_s(now), now))) changes.push_back(std::move(change));
  return changes;
}

Result<std::vector<Change>> Keyring::remove(model::RealmId realm, std::string_view kid, bool compromised, TimePoint now) const {
  const std::vector<KeyRecord> keys = TRY(store_.keys(realm));
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeyRecord& key) { return key.kid == kid; });
  if (found == keys.end() || found->state == State::gone) return fail(Reason::record_missing, fmt::format("no key {}", kid));
  if (found->alg == kPairwise) return fail(Reason::key_in_use, "clients know their users by what is made with it");
  const bool signs = found->state == State::signing;
  const bool tokens_live = found->state == State::verify_only && found->verify_until_s > base::to_s(now);
  if (!compromised && signs) return fail(Reason::key_in_use, "it signs until another is rotated in");
  if (!compromised && tokens_live)
    return fail(Reason::key_in_use, "tokens that it signed may live until " + base::format_timestamp(base::from_s(found->verify_until_s)));

  std::vector<Change> changes;
  if (signs) changes = TRY(rotate(realm, found->alg, base::to_s(now), now));
  // After rotate's own change of the same row: the last one counts.
  KeyRecord gone = *found;
  gone.state = State::gone;
  gone.sealed.clear();
  changes.push_back(store::PutKey{std::move(gone)});
  if (const auto revoke = revoke_key(found->kid); compromised && revoke) changes.push_back(*revoke);
  return changes;
}

}  // namespace tessera::keys
