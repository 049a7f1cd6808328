#include <algorithm>
#include <array>

#include "observe/log.h"

namespace tessera::observe {
namespace {

struct Shape {
  std::string_view mark;  ///< compared without case
  std::size_t kept;       ///< characters of the credential that stay readable
  bool mark_is_secret;    ///< the mark is the credential's own beginning, not a word before it
};

// A password is guessable from six characters; a token of 256 bits is not, and its beginning helps to find it.
constexpr std::array kShapes = {
    Shape{"eyJ", 6, true},      Shape{"tsec_", 6, true},   Shape{"tiat_", 6, true},    Shape{"trat_", 6, true},
    Shape{"tsr_", 6, true},     Shape{"token=", 6, false}, Shape{"secret=", 0, false}, Shape{"password=", 0, false},
    Shape{"Bearer ", 6, false}, Shape{"Basic ", 0, false},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view mark) {
  return text.size() >= mark.size() &&
         std::equal(mark.begin(), mark.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-'; }

std::size_t credential_length(std::string_view text) {
  constexpr std::string_view kEnds = " \t\r\n\"'\\&;,<>(){}";
  return std::min(text.find_first_of(kEnds), text.size());
}

/// What a mark can end with, so that most characters cost one look.
constexpr bool may_end_a_mark(char c) { return c == '_' || c == '=' || c == ' ' || c == 'j' || c == 'J'; }

static_assert(std::all_of(kShapes.begin(), kShapes.end(), [](const Shape& shape) { return may_end_a_mark(shape.mark.back()); }));

}  // namespace

bool may_hold_credential(std::string_view text) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    if (!may_end_a_mark(text[end - 1])) continue;
    const std::string_view read = text.substr(0, end);
    for (const Shape& shape : kShapes)
      if (read.size() >= shape.mark.size() && begins_with(read.substr(read.size() - shape.mark.size()), shape.mark)) return true;
  }
  return false;
}

std::string redact(std::string_view text) {
  constexpr std::size_t kShortest = 12;  // "eyJ" alone is no token
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto shape = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& s) { return begins_with(rest, s.mark); });
    const bool inside_word = at > 0 && is_word(text[at - 1]);
    if (shape == kShapes.end() || (shape->mark_is_secret && inside_word)) {
      out += text[at++];
      continue;
    }
    const std::size_t before = shape->mark_is_secret ? 0 : shape->mark.size();
    const std::size_t length = credential_length(rest.substr(before));
    const bool whole = shape->mark_is_secret && length < kShortest;
    out.append(rest.substr(0, before + (whole ? length : std::min(length, shape->kept))));
    if (!whole && length > shape->kept) out += "...";
    at += before + length;
  }
  return out;
}

}  // namespace tessera::observe
