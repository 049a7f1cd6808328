#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/recent_map.h"
#include "base/result.h"
#include "jose/jwks.h"

namespace tessera::clients {

/// The public keys of clients, read once. Bounded. Safe from any thread.
class ClientKeys {
 public:
  using Keys = std::shared_ptr<const std::vector<jose::VerifyKey>>;

  ClientKeys();
  /// Those of a set, as a client's policy has it. Errors: key_missing.
  Result<Keys> of(const std::string& jwks);

 private:
  using Digest = std::array<std::uint8_t, 32>;
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const {
      std::size_t word;
      std::memcpy(&word, digest.data(), sizeof word);
      return word;
    }
  };

  std::mutex mutex_;
  base::RecentMap<Digest, Keys, DigestHash> keys_;
};

}  // namespace tessera::clients
