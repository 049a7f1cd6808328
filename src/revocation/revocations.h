// Owns `rev`: carries changes to the store, then to caches, then to the index that every check reads.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/store.h"
#include "verifier/revocation_index.h"

namespace tessera::revocation {

/// Safe from any thread.
class Revocations {
 public:
  Revocations(store::ConfigStore& config, store::JournalStore& journal);

  /// Told of every change before its journal entries count. Register before serving.
  void add_listener(store::ChangeListener& listener);
  /// Reads the epoch and every realm's journal. Errors: store_unavailable.
  Status load(const std::vector<model::Realm>& realms);
  /// A realm that was just created.
  Status add_realm(model::RealmId realm);

  /// The rev that whatever is decided from now on may carry. Capture it before the first check.
  model::Rev head(model::RealmId realm) const;
  /// Null when the realm is unknown.
  const verifier::RevocationIndex* index(model::RealmId realm) const;

  /// The one way to change anything: commits durably, invalidates caches, publishes the entries; when it returns, what was ended is dead.
  /// Errors: the store's.
  Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<store::Change>& changes,
                                                     const std::vector<store::AuditRecord>& audit);
  /// Entries that another verb appended in its own transaction (a reused refresh token).
  void publish(const std::vector<model::RevocationEvent>& events);
  /// Drops what can kill nothing any more. A clock that jumped forward prunes nothing: `now_s` may be at most 1 h beyond the last call's.
  Status prune(std::int64_t now_s);

 private:
  using Indexes = std::unordered_map<model::RealmId, std::shared_ptr<verifier::RevocationIndex>>;

  store::ConfigStore& config_;
  store::JournalStore& journal_;
  std::vector<store::ChangeListener*> listeners_;
  std::atomic<std::shared_ptr<const Indexes>> indexes_;
  std::int64_t epoch_ = 1;
  std::int64_t last_prune_s_ = 0;
};

}  // namespace tessera::revocation
