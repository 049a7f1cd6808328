#include "base/handle.h"

#include "base/base64url.h"
#include "base/random.h"

namespace tessera::base {
namespace {

constexpr std::size_t kBase64Length = 22;
constexpr std::size_t kUuidLength = 36;
constexpr std::uint8_t kMinusDigit = 62;  // '-' in base64url
constexpr std::string_view kHex = "0123456789abcdef";

constexpr bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

std::optional<Handle> parse_uuid(std::string_view text) {
  Handle handle;
  std::size_t at = 0;
  for (std::size_t i = 0; i < handle.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const std::size_t high = kHex.find(text[at++]);
    const std::size_t low = kHex.find(text[at++]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    handle.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return handle;
}

}  // namespace

std::string Handle::str() const { return base64url_encode(bytes); }

std::string Handle::uuid() const {
  std::string out;
  out.reserve(kUuidLength);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) out += '-';
    out += kHex[bytes[i] >> 4];
    out += kHex[bytes[i] & 15];
  }
  return out;
}

std::optional<Handle> Handle::parse(std::string_view text) {
  if (text.size() == kUuidLength) return parse_uuid(text);
  if (text.size() != kBase64Length) return std::nullopt;
  const auto decoded = base64url_decode(text);
  if (!decoded) return std::nullopt;
  Handle handle;
  std::memcpy(handle.bytes.data(), decoded->data(), handle.bytes.size());
  return handle;
}

Handle Handle::random() {
  Handle handle;
  do {
    random_bytes(handle.bytes);
  } while (handle.bytes[0] >> 2 == kMinusDigit);
  handle.bytes[6] = (handle.bytes[6] & 0x0f) | 0x40;
  handle.bytes[8] = (handle.bytes[8] & 0x3f) | 0x80;
  return handle;
}

}  // namespace tessera::base
