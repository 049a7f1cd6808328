#include "base/base64url.h"

#include <array>

namespace tessera::base {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
std::uint32_t value_at(std::string_view text, std::size_t at) { return kValues[static_cast<std::uint8_t>(text[at])]; }

/// The last two or three characters, which hold one or two bytes. Bits beyond them must be zero, or a value would have many spellings.
bool decode_tail(std::string_view tail, char* to) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < tail.size(); ++i) {
    const std::uint32_t value = value_at(tail, i);
    if (value == kNone) return false;
    bits = bits << 6 | value;
  }
  if (tail.size() == 2) {
    if (bits & 0x0f) return false;
    to[0] = static_cast<char>(bits >> 4);
    return true;
  }
  if (bits & 0x03) return false;
  to[0] = static_cast<char>(bits >> 10);
  to[1] = static_cast<char>(bits >> 2);
  return true;
}

}  // namespace

void base64url_append(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() * 4 + 2) / 3);
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    *to++ = kAlphabet[bits >> 18];
    *to++ = kAlphabet[bits >> 12 & 63];
    *to++ = kAlphabet[bits >> 6 & 63];
    *to++ = kAlphabet[bits & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t bits = byte_at(bytes, i) << 16 | (left == 2 ? byte_at(bytes, i + 1) << 8 : 0);
  *to++ = kAlphabet[bits >> 18];
  *to++ = kAlphabet[bits >> 12 & 63];
  if (left == 2) *to = kAlphabet[bits >> 6 & 63];
}

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  base64url_append(out, bytes);
  return out;
}

std::string base64url_encode(std::span<const std::uint8_t> bytes) {
  return base64url_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::optional<std::string> base64url_decode(std::string_view text) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return std::nullopt;
  std::string out(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1), '\0');
  char* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::uint32_t a = value_at(text, i), b = value_at(text, i + 1), c = value_at(text, i + 2), d = value_at(text, i + 3);
    if ((a | b | c | d) > 63) return std::nullopt;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
  }
  if (tail != 0 && !decode_tail(text.substr(i), to)) return std::nullopt;
  return out;
}

}  // namespace tessera::base
