// The journal as a mirror holds it: decides in nanoseconds, offline.
#pragma once

#include <array>
#include <cstdint>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

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
  /// Drops entries whose prune_after_s is before now_s; 0 stays for ever.
  void prune(std::int64_t now_s);
  /// Drops entries of tokens whose client has a newer entry, which kills them as well.
  void drop_covered_tokens();

  /// The rev that a token minted now may carry: every entry up to it is in.
  model::Rev head() const;
  /// Errors: token_revoked, token_rev_ahead.
  Status check(const Handle& jti, std::string_view kid, const model::Lineage& lineage, model::Rev rev, std::int64_t issued_at_s) const;
  std::size_t size() const;
  /// Entries of kind token, and the client that has the most of them (none where no entry names its client): what folding goes by.
  std::size_t token_entries() const;
  Handle client_of_most_tokens() const;

 private:
  struct Kill {
    std::int64_t number = 0;
    std::int64_t iat_before_s = 0;
    std::int64_t prune_after_s = 0;
    Handle client = {};  ///< of a token, where it is known
  };
  struct Key {
    model::RevocationKind kind;
    Handle id;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return HandleHash{}(key.id) ^ static_cast<std::size_t>(key.kind); }
  };

  template <class Over>
  void drop_if(Over over);
  bool killed(model::RevocationKind kind, const Handle& id, std::int64_t rev_number, std::int64_t issued_at_s) const;
  bool key_killed(std::string_view kid) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<Key, Kill, KeyHash> kills_;
  std::array<std::size_t, std::size(model::kRevocationKindNames)> counts_{};  ///< live entries by kind: most kinds have none
  std::unordered_set<std::int64_t> gap_;                                      ///< numbers published above a gap
  std::int64_t epoch_;
  std::int64_t head_;
};

}  // namespace tessera::verifier
