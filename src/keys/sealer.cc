#include "keys/sealer.h"

#include <sodium/crypto_aead_xchacha20poly1305.h>

#include <array>
#include <cstdlib>

#include "base/digest.h"
#include "base/random.h"

namespace tessera::keys {
namespace {

// The form at rest: version, id of the sealing key, nonce, ciphertext with its tag.
constexpr char kVersion = 1;
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kKeySize = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeadSize = 1 + kIdSize + kNonceSize;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sealer::Sealer(std::vector<Secret> master_keys) : master_keys_(std::move(master_keys)) {
  // Sealing under nothing would be worse than not starting.
  if (master_keys_.empty()) std::abort();
  for (const Secret& master : master_keys_)
    sealing_keys_.push_back({base::hkdf_sha256(master.reveal(), "tessera sealing key id", kIdSize),
                             Secret(base::hkdf_sha256(master.reveal(), "tessera sealing key", kKeySize))});
}

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
  const SealingKey& with = sealing_keys_.front();
  std::array<std::uint8_t, kNonceSize> nonce;
  base::random_bytes(nonce);
  std::string sealed;
  sealed += kVersion;
  sealed += with.id;
  sealed.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  sealed.resize(kHeadSize + plain.size() + kTagSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kHeadSize, nullptr, bytes_of(plain), plain.size(), bytes_of(context),
                                             context.size(), nullptr, nonce.data(), bytes_of(with.key.reveal()));
  return sealed;
}

Result<Secret> Sealer::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < kHeadSize + kTagSize || sealed.front() != kVersion) return fail(Reason::store_corrupt, "a sealed value is damaged");
  const std::string_view id = sealed.substr(1, kIdSize);
  const std::string_view nonce = sealed.substr(1 + kIdSize, kNonceSize);
  const std::string_view box = sealed.substr(kHeadSize);
  for (const SealingKey& with : sealing_keys_) {
    if (with.id != id) continue;
    std::string plain(box.size() - kTagSize, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(plain), nullptr, nullptr, bytes_of(box), box.size(), bytes_of(context),
                                                   context.size(), bytes_of(nonce), bytes_of(with.key.reveal())) == 0)
      return Secret(std::move(plain));
    return fail(Reason::store_corrupt, "a sealed value was changed, or belongs to another record");
  }
  return fail(Reason::config_invalid,
              "sealed under a master key that is not here; put the key back from its backup, below those that are here");
}

bool Sealer::is_under_first(std::string_view sealed) const {
  return sealed.size() > kHeadSize && sealed.substr(1, kIdSize) == sealing_keys_.front().id;
}

bool Sealer::is_first(const Secret& master_key) const {
  return base::equal_constant_time(master_keys_.front().reveal(), master_key.reveal());
}

Secret Sealer::derive(std::string_view purpose) const {
  return Secret(base::hkdf_sha256(master_keys_.back().reveal(), "tessera derived key: " + std::string(purpose), kKeySize));
}

}  // namespace tessera::keys
