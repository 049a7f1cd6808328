#include "observe/json_text.h"

#include <array>
#include <chrono>

#include "base/utf8.h"

namespace tessera::observe {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_plain(char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7F; }

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
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
    while (plain < text.size() && is_plain(text[plain])) ++plain;  // `char` is signed here: bytes beyond ASCII are not plain
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = base::utf8_sequence_length(text);
    if (length == 1) {
      append_escaped(out, text.front());
    } else if (length > 1) {
      out.append(text.substr(0, length));
    } else {
      out += "\\ufffd";
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
