#include "keys/sealed_values.h"

#include <fmt/format.h>

#include "keys/server_secrets.h"

namespace tessera::keys {

using store::KeyRecord;

namespace {

std::string context_of(const KeyRecord& key) { return fmt::format("{}/{}/{}/{}", key.realm, key.kid, key.alg, key.use); }

/// Hands out each sealed record with what it holds.
template <class Take>
Status each_sealed(store::ConfigStore& store, const Sealer& sealer, Take take) {
  const auto each_of = [&](model::RealmId realm, const std::string& owner) -> Status {
    for (const KeyRecord& record : TRY(store.keys(realm))) {
      // Its private part went with it.
      if (record.state == KeyRecord::State::gone) continue;
      take(record, TRY(open_sealed(record, owner, sealer)));
    }
    return {};
  };
  TRY(each_of(kServerRealm, "the server"));
  for (const model::Realm& realm : TRY(store.realms())) TRY(each_of(realm.id, "realm " + realm.name));
  return {};
}

}  // namespace

std::string seal_for(const KeyRecord& record, std::string_view plain, const Sealer& sealer) {
  return sealer.seal(plain, context_of(record));
}

Result<Secret> open_sealed(const KeyRecord& record, std::string_view owner, const Sealer& sealer) {
  auto opened = sealer.open(record.sealed, context_of(record));
  if (!opened) opened.error().context = fmt::format("key {} of {}: {}", record.kid, owner, opened.error().context);
  return opened;
}

Result<SealedCount> count_sealed(store::ConfigStore& store, const Sealer& sealer) {
  SealedCount count;
  TRY(each_sealed(store, sealer, [&](const KeyRecord& record, const Secret&) {
    ++count.values;
    if (!sealer.is_under_first(record.sealed)) ++count.outdated;
  }));
  return count;
}

Result<std::vector<store::Change>> reseal(store::ConfigStore& store, const Sealer& sealer) {
  std::vector<store::Change> changes;
  TRY(each_sealed(store, sealer, [&](const KeyRecord& record, const Secret& opened) {
    if (sealer.is_under_first(record.sealed)) return;
    KeyRecord anew = record;
    anew.sealed = seal_for(record, opened.reveal(), sealer);
    changes.push_back(store::PutKey{std::move(anew)});
  }));
  return changes;
}

}  // namespace tessera::keys
