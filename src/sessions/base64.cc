#include "sessions/base64.h"

#include <algorithm>

#include "base/base64url.h"

namespace tessera::sessions {

// The two alphabets differ in their last two digits.

std::string base64_encode(std::string_view bytes) {
  std::string text = base::base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string other(text);
  std::replace(other.begin(), other.end(), '+', '-');
  std::replace(other.begin(), other.end(), '/', '_');
  return base::base64url_decode(other);
}

}  // namespace tessera::sessions
