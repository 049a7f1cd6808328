#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace tessera::keys {

/// Seals private keys under the master key (XChaCha20-Poly1305), bound to a context such as "realm/kid/alg/use".
class Sealer {
 public:
  /// 32 bytes of master key. Several: the first seals, all of them open, so that the master key can be rotated.
  explicit Sealer(std::vector<Secret> master_keys);

  std::string seal(std::string_view plain, std::string_view context) const;
  /// Errors: store_corrupt when no master key opens it in that context.
  Result<Secret> open(std::string_view sealed, std::string_view context) const;
  /// A 32-byte key derived for another purpose, e.g. "client-secret-pepper".
  Secret derive(std::string_view purpose) const;

 private:
  std::vector<Secret> master_keys_;
};

/// Reads master keys from a file (one base64url key a line) or makes it, mode 600. Errors: config_invalid with path and what to do.
Result<std::vector<Secret>> load_master_keys(const std::string& path, bool create);

}  // namespace tessera::keys
