// The journal as a mirror holds it: decides in nanoseconds, offline.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "base/handle.h"
#include "base/result.h"
#include "model/revocation.h"
#include "model/token.h"

namespace tessera::verifier {

/// One realm's live revocations. Safe from any thread: many readers, one writer at a time.
class RevocationIndex {
 public:
  explicit RevocationIndex(std::int64_t epoch, std::int64_t head = 0);

  /// Takes an entry in; entries may arrive twice or out of order, the head moves only over numbers without a gap.
  void publish(const model::RevocationEvent& event);
  /// Drops entries whose prune_after_s is before now_s.
  void prune(std::int64_t now_s);
  void start_epoch(std::int64_t epoch);

  /// The rev that a token minted now may carry: every entry up to it is in.
  model::Rev head() const;
  /// Errors: token_revoked, token_rev_ahead.
  Status check(const Handle& jti, std::string_view kid, const model::Lineage& lineage, model::Rev rev, std::int64_t issued_at_s) const;
  std::size_t size() const;
  /// Live entries of kind token whose client is not known here; for the fold bound.
  std::size_t token_entries() const;

 private:
  struct Kill {
    std::int64_t number = 0;
    std::int64_t iat_before_s = 0;
    std::int64_t prune_after_s = 0;
  };
  struct Key {
    model::RevocationKind kind;
    Handle id;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return HandleHash{}(key.id) ^ static_cast<std::size_t>(key.kind); }
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<Key, Kill, KeyHash> kills_;
  std::unordered_map<std::int64_t, char> gap_;  ///< numbers published above a gap
  std::int64_t epoch_;
  std::int64_t head_;
  std::size_t tokens_ = 0;
};

}  // namespace tessera::verifier
