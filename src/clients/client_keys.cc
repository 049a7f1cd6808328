#include "clients/client_keys.h"

#include "base/digest.h"

namespace tessera::clients {
namespace {

constexpr std::size_t kSetsMax = 4'096;

}  // namespace

ClientKeys::ClientKeys() : keys_(kSetsMax) {}

Result<ClientKeys::Keys> ClientKeys::of(const std::string& jwks) {
  const Digest digest = base::sha256_array(jwks);
  {
    const std::lock_guard lock(mutex_);
    if (const Keys* const known = keys_.find(digest)) return *known;
  }
  auto read = std::make_shared<const std::vector<jose::VerifyKey>>(TRY(jose::parse_jwks(jwks)));
  const std::lock_guard lock(mutex_);
  keys_.put(digest, read);
  return read;
}

}  // namespace tessera::clients
