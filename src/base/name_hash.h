// Names from outside as hashes: of one size, and nobody outside can choose or read them.
#pragma once

#include <sodium/crypto_shorthash.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/random.h"

namespace tessera::base {

/// Hashes names to 128 bits under a key of its own, which ends with the process: an entry has one size whatever the name's, nobody can
/// choose names that meet, and nobody who reads a hash can try names on it. Safe from any thread.
class NameHash {
 public:
  NameHash() { random_bytes(key_); }
  Handle operator()(std::string_view name) const {
    Handle hash;
    crypto_shorthash_siphashx24(hash.bytes.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size(), key_.data());
    return hash;
  }
  /// What a log may say of a name that is nobody's, and so perhaps a password in the wrong field: "unknown #3f9c2a1b" tells repeated ones
  /// apart, and nothing of the name.
  std::string unknown(std::string_view name) const {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text = "unknown #";
    const Handle hash = (*this)(name);
    for (std::size_t i = 0; i < 4; ++i) {
      text += kHex[hash.bytes[i] >> 4];
      text += kHex[hash.bytes[i] & 0xF];
    }
    return text;
  }

 private:
  std::array<std::uint8_t, crypto_shorthash_siphashx24_KEYBYTES> key_{};
};

}  // namespace tessera::base
