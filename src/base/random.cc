#include "base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace tessera::base {
namespace {

void draw(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

/// What one thread has drawn and not handed out yet: RAND_bytes costs the same for 16 bytes as for 512.
class Pool {
 public:
  ~Pool() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  void take(std::span<std::uint8_t> out) {
    if (out.size() > bytes_.size() - used_) {
      draw(bytes_);
      used_ = 0;
    }
    std::uint8_t* const from = bytes_.data() + used_;
    std::memcpy(out.data(), from, out.size());
    OPENSSL_cleanse(from, out.size());
    used_ += out.size();
  }

  static constexpr std::size_t kSize = 512;

 private:
  std::array<std::uint8_t, kSize> bytes_{};
  std::size_t used_ = kSize;
};

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  if (out.empty()) return;
  if (out.size() > Pool::kSize / 4) return draw(out);
  thread_local Pool pool;
  pool.take(out);
}

Secret random_secret(std::size_t bytes) {
  std::string drawn(bytes, '\0');
  random_bytes({reinterpret_cast<std::uint8_t*>(drawn.data()), drawn.size()});
  return Secret(std::move(drawn));
}

}  // namespace tessera::base
