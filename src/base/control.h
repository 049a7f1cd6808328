// Control characters. A terminal obeys them, and nothing that a client has to say needs one.
#pragma once

#include <string_view>

namespace tessera::base {

/// Those of ASCII and those of Unicode's C1 block (U+0080 to U+009F), which 8-bit terminals knew: U+009B begins an escape sequence.
constexpr bool is_control(char32_t character) { return character < 0x20 || (character >= 0x7F && character <= 0x9F); }

/// Whether `text`, UTF-8, holds one.
inline bool has_control(std::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 ? is_control(byte) : before == 0xC2 && is_control(byte))
      return true;  // U+0080 to U+00BF are C2 and the character itself
    before = byte;
  }
  return false;
}

}  // namespace tessera::base
