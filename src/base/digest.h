#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::base {

/// Raw digests and MACs, as bytes.
std::string sha256(std::string_view data);
/// The same without an allocation: what is signed, and keys of caches.
std::array<std::uint8_t, 32> sha256_array(std::string_view data);
std::string sha512(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
std::string hmac_sha512(std::string_view key, std::string_view data);
/// HKDF-SHA-256 (RFC 5869) with an empty salt: `length` bytes of key for one `info`. At most 8,160 bytes.
std::string hkdf_sha256(std::string_view key, std::string_view info, std::size_t length);

}  // namespace tessera::base
