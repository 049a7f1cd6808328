#include "config/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tessera::config {
namespace {

constexpr std::size_t kFileBytesMax = 16UL * 1024 * 1024;
constexpr std::size_t kKeyPartsMax = 16;

/// Where the string that opens at `at` has ended. One that is left open by its line's or the text's end is the library's to refuse, and
/// nothing behind it is read any more.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multi_line = text.substr(at, 3) == three;
  for (at += multi_line ? 3 : 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (!multi_line) {
      if (text[at] == quote || text[at] == '\n') return at + 1;
    } else if (text.substr(at, 3) == three) {
      // Up to two quotes may stand inside, right before the three that close.
      const std::size_t after = std::min(text.find_first_not_of(quote, at), text.size());
      return std::min(after, at + 5);
    }
  }
  return text.size();
}

/// Where a key or header gets one part too many. Outside of strings and comments no value has more than one dot, so that whether a dot
/// stands in a key need not be known.
std::optional<std::size_t> find_overlong_key(std::string_view text) {
  std::size_t parts = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      at = end_of_string(text, at);
    } else {
      if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) parts = 1;
      if (c == '.' && ++parts > kKeyPartsMax) return at;
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<toml::table> parse_toml_text(std::string_view text, const std::string& file) {
  if (text.size() > kFileBytesMax) return fail(Reason::config_invalid, fmt::format("{}: larger than 16 MiB; split it", file));
  if (const auto at = find_overlong_key(text))
    return fail(Reason::config_invalid, fmt::format("{}:{}: a key or header has more than {} dotted parts; no table here lies that deep",
                                                    file, 1 + std::ranges::count(text.substr(0, *at), '\n'), kKeyPartsMax));
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return fail(Reason::config_invalid, fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

}  // namespace tessera::config
