#include "clients/secret_text.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/base64url.h"
#include "base/random.h"

namespace tessera::clients {
namespace {

constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kChecksumCharacters = 6;
constexpr std::size_t kTextCharacters = 43 + kChecksumCharacters;

/// CRC-32 as in zip and PNG (ISO 3309). It finds typing errors and leaks; it proves nothing.
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string checksum(std::string_view text) {
  std::string out(kChecksumCharacters, '0');
  std::uint32_t rest = crc32(text);
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, rest /= 62) *digit = kBase62[rest % 62];
  return out;
}

}  // namespace

Secret new_secret_text(std::string_view prefix) {
  std::array<std::uint8_t, kSecretBytes> bytes;
  base::random_bytes(bytes);
  const std::span drawn(reinterpret_cast<char*>(bytes.data()), bytes.size());
  std::string text;
  text.reserve(prefix.size() + kTextCharacters);  // no copy of it is left behind by growing
  text += prefix;
  base::base64url_append(text, {drawn.data(), drawn.size()});
  base::wipe(drawn);
  text += checksum(text);
  return Secret(std::move(text));
}

}  // namespace tessera::clients
