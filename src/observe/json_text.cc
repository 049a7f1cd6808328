#include "observe/json_text.h"

#include <array>
#include <chrono>

#include "base/control.h"
#include "base/utf8.h"

namespace tessera::observe {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_plain(char c) { return c >= 0 && !base::is_control(static_cast<unsigned char>(c)) && c != '"' && c != '\\'; }

/// The character of a well-formed sequence of up to three bytes; 0 for a longer one, none of which needs an escape.
char32_t character_of(std::string_view sequence) {
  const auto bits = [&](std::size_t i, unsigned mask) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i]) & mask); };
  switch (sequence.size()) {
    case 1:
      return bits(0, 0x7F);
    case 2:
      return bits(0, 0x1F) << 6 | bits(1, 0x3F);
    case 3:
      return bits(0, 0x0F) << 12 | bits(1, 0x3F) << 6 | bits(2, 0x3F);
    default:
      return 0;
  }
}

/// What would end the line, or show it in another order than it has: the separators and the overrides of direction.
bool misleads(char32_t character) { return (character >= 0x2028 && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069); }

void append_escape(std::string& out, char32_t character) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[character >> shift & 0xF];
}

/// `sequence`: one well-formed character that is not plain.
void append_character(std::string& out, std::string_view sequence) {
  const char32_t character = character_of(sequence);
  if (character == '"' || character == '\\') {
    out += '\\';
    out += sequence;
  } else if (character == '\n') {
    out += "\\n";
  } else if (sequence.size() <= 3 && (base::is_control(character) || misleads(character))) {
    append_escape(out, character);
  } else {
    out += sequence;
  }
}

template <std::size_t kDigits>
void append_digits(std::string& out, unsigned value) {
  std::array<char, kDigits> digits;
  for (std::size_t i = kDigits; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), kDigits);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  if (cut) text = text.substr(0, bytes_max);
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = base::utf8_sequence_length(text);
    if (length == 0) {
      out += "\\ufffd";
    } else {
      append_character(out, text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  if (cut) out += "...";
  out += '"';
}

void append_timestamp(std::string& out, TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  append_digits<4>(out, static_cast<unsigned>(static_cast<int>(date.year())));
  out += '-';
  append_digits<2>(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_digits<2>(out, static_cast<unsigned>(date.day()));
  out += 'T';
  append_digits<2>(out, static_cast<unsigned>(time.hours().count()));
  out += ':';
  append_digits<2>(out, static_cast<unsigned>(time.minutes().count()));
  out += ':';
  append_digits<2>(out, static_cast<unsigned>(time.seconds().count()));
  out += '.';
  append_digits<6>(out, static_cast<unsigned>(time.subseconds().count()));
  out += 'Z';
}

}  // namespace tessera::observe
