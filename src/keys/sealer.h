#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace tessera::keys {

/// Seals private keys under the master key (XChaCha20-Poly1305), bound to a context such as "realm/kid/alg/use". Immutable; safe from any
/// thread.
class Sealer {
 public:
  /// 32 bytes of master key; at least one. Several, newest first: the first seals, all of them open, so that the master key can be rotated.
  explicit Sealer(std::vector<Secret> master_keys);

  std::string seal(std::string_view plain, std::string_view context) const;
  /// Errors: config_invalid when the master key that sealed it is not here, which a restore would not mend; store_corrupt when it was
  /// changed, or sealed in another context.
  Result<Secret> open(std::string_view sealed, std::string_view context) const;
  /// Whether the first master key sealed it. If it did so with all there is, the others are not needed.
  bool is_under_first(std::string_view sealed) const;
  bool is_first(const Secret& master_key) const;
  std::size_t master_keys() const { return master_keys_.size(); }
  /// 32 bytes derived from the oldest master key. Only what was used before it was kept (server_secrets.h) comes from here: whatever is
  /// derived ends with its master key.
  Secret derive(std::string_view purpose) const;

 private:
  struct SealingKey {
    std::string id;  ///< stands before what it sealed
    Secret key;
  };
  std::vector<Secret> master_keys_;
  std::vector<SealingKey> sealing_keys_;
};

/// Reads master keys from their text, newest first: one base64url key of 32 bytes a line, or between two other separators; blank lines
/// and lines that begin with # are skipped. Errors: config_invalid.
Result<std::vector<Secret>> parse_master_keys(std::string_view text, char separator = '\n');

/// Reads them from a file that only its owner may read (mode 600), who is `owner`, root or who runs this. With `create`, a file that does
/// not exist is made, whole or not at all, and it is `owner`'s. Errors: config_invalid with path and what to do.
Result<std::vector<Secret>> load_master_keys(const std::string& path, uid_t owner, bool create);

}  // namespace tessera::keys
