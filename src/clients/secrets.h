#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "model/client.h"

namespace tessera::clients {

/// A new secret and the record that stores it. The text is shown once.
struct NewSecret {
  Secret text;  ///< "tsec_" + 43 characters (256 bits) + 6 of checksum (CRC-32 in base62), so that scanners find a leaked one
  model::ClientSecret record;
};

/// Makes, hashes and compares client secrets. Ours are stored as SHA-256; imported ones, whose strength is unknown, as HMAC under a pepper.
class SecretHasher {
 public:
  /// `pepper`: 32 bytes; what was imported under it matches under no other.
  explicit SecretHasher(Secret pepper);

  NewSecret generate(const Handle& client, TimePoint now, std::int64_t expires_at_s) const;
  model::ClientSecret import(const Handle& client, const Secret& text, TimePoint now, std::int64_t expires_at_s) const;
  /// Constant time.
  bool matches(const model::ClientSecret& record, std::string_view shown) const;

 private:
  Secret pepper_;
};

/// Remembers which secrets were used, each about once an hour, until that is written. Bounded. Safe from any thread.
class SecretUse {
 public:
  using Use = std::pair<Handle, std::int64_t>;  ///< the secret, and when it was used

  SecretUse();
  /// `known_s`: the last use that the store knows of.
  void note(const Handle& secret, std::int64_t known_s, std::int64_t now_s);
  /// At most `limit` of what is to be written.
  std::vector<Use> take(std::size_t limit);
  /// What could not be written, to be taken again.
  void give_back(const std::vector<Use>& uses);

 private:
  /// A cell for many secrets, and in it the one noted last with its hour: most uses need no more than a look at it.
  std::vector<std::uint64_t> noted_;
  std::mutex mutex_;
  std::unordered_map<Handle, std::int64_t, HandleHash> used_at_s_;
};

}  // namespace tessera::clients
