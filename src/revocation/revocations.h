// Owns `rev`: carries changes to the store, then to caches, then to the index that every check reads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "revocation/pruning_time.h"
#include "store/store.h"
#include "verifier/revocation_index.h"

namespace tessera::revocation {

struct RevocationLimits {
  /// Single tokens that a realm's journal may name at one time; all are held in memory.
  std::size_t token_entries = 1'000'000;
  /// How long a commit waits for those under way, when entries of an unknown outcome have to be read.
  std::chrono::milliseconds catch_up_wait{1'000};
};

/// Safe from any thread.
class Revocations {
 public:
  Revocations(store::ConfigStore& config, store::JournalStore& journal, const RevocationLimits& limits = {});

  /// Told of every change before its journal entries count. Register before serving.
  void add_listener(store::ChangeListener& listener);
  /// Reads the epoch and every realm's journal. Once, before serving. Errors: store_unavailable.
  Status load(const std::vector<model::Realm>& realms);
  /// A realm that was just created; one that is known already stays as it is. May be called from a listener.
  Status add_realm(model::RealmId realm);

  /// The rev that whatever is decided from now on may carry. Capture it before the first check.
  model::Rev head(model::RealmId realm) const;
  /// Null when the realm is unknown.
  const verifier::RevocationIndex* index(model::RealmId realm) const;

  /// The one way to change anything: commits durably, invalidates caches, publishes the entries; when it returns, what was ended is dead.
  /// After commit_unknown the caches are invalidated too, and the journal says what happened. Errors: the store's.
  Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<store::Change>& changes,
                                                     const std::vector<store::AuditRecord>& audit);
  /// Entries that another verb appended in its own transaction (a reused refresh token).
  void publish(const std::vector<model::RevocationEvent>& events);
  /// Takes in entries whose commit had an unknown outcome; without them the head would stand before the gap for good. Waits for the
  /// commits under way: the last of them does it, and new ones wait for it. prune() does it as well. Errors: store_unavailable.
  Status catch_up();
  /// Drops what could kill nothing any more two hours ago: clocks that step by up to an hour revive nothing. A step forward of more than
  /// 1 h since the last call prunes nothing, nor does the time that was jumped over count later on; the first call's clock is believed.
  Status prune(std::int64_t now_s);
  /// Where a realm's journal names too many single tokens, those of the client that has the most become one entry for the whole client:
  /// every access token that it holds dies, and what refreshes them lives on. Returns the clients to which that was done. Errors: the
  /// store's.
  Result<std::vector<Handle>> fold(const Turn& turn);

 private:
  using Indexes = std::unordered_map<model::RealmId, std::shared_ptr<verifier::RevocationIndex>>;

  std::shared_ptr<verifier::RevocationIndex> find(model::RealmId realm) const;
  Status take_in(model::RealmId realm, std::int64_t after, verifier::RevocationIndex& index);
  Status take_in_all();
  void begin_commit();
  void end_commit(const Turn& turn, bool outcome_unknown);
  Status revoke_all_of(model::RealmId realm, const Handle& client, const Turn& turn);

  store::ConfigStore& config_;
  store::JournalStore& journal_;
  std::vector<store::ChangeListener*> listeners_;
  std::atomic<std::shared_ptr<const Indexes>> indexes_;
  std::int64_t epoch_ = 1;

  std::mutex indexes_writer_;
  const RevocationLimits limits_;
  std::mutex commits_mutex_;  ///< guards the two below
  std::condition_variable caught_up_;
  int commits_under_way_ = 0;
  bool behind_ = false;  ///< the journal may hold entries that nobody published
  PruningTime pruning_time_;
};

}  // namespace tessera::revocation
