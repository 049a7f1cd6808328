#include <algorithm>

#include "base/base64url.h"
#include "http/chars.h"
#include "http/form.h"

namespace tessera::http {
namespace {

/// What follows the scheme's name and its spaces; nothing when the header names another scheme (RFC 9110, 11.4).
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ' || !equal_without_case(header.substr(0, scheme.size()), scheme))
    return std::nullopt;
  return trim(header.substr(scheme.size()));
}

/// Base64 with its padding (RFC 4648, 4), canonical only.
std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string url(text);
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  auto decoded = base::base64url_decode(url);
  base::wipe(url);
  return decoded;
}

}  // namespace

std::optional<std::pair<std::string, Secret>> parse_basic_auth(std::string_view header) {
  const auto encoded = after_scheme(header, "Basic");
  if (!encoded) return std::nullopt;
  auto decoded = base64_decode(*encoded);
  if (!decoded) return std::nullopt;
  const Secret pair(*std::move(decoded));
  const std::size_t colon = pair.reveal().find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto id = form_decode(pair.reveal().substr(0, colon));
  auto secret = form_decode(pair.reveal().substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return std::pair{*std::move(id), Secret(*std::move(secret))};
}

std::optional<std::string> parse_bearer(std::string_view header) {
  const auto token = after_scheme(header, "Bearer");
  if (!token) return std::nullopt;
  const std::size_t body = std::min(token->find_last_not_of('=') + 1, token->size());
  const auto is_b64token = [](char c) {
    const char low = to_lower(c);
    return is_digit(c) || (low >= 'a' && low <= 'z') || std::string_view("-._~+/").find(c) != std::string_view::npos;
  };
  if (body == 0 || !std::all_of(token->begin(), token->begin() + static_cast<std::ptrdiff_t>(body), is_b64token)) return std::nullopt;
  return std::string(*token);
}

}  // namespace tessera::http
