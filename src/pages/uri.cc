#include "pages/uri.h"

#include <algorithm>

#include "http/chars.h"

namespace tessera::pages {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

bool starts_without_case(std::string_view text, std::string_view prefix) {
  return http::equal_without_case(text.substr(0, prefix.size()), prefix);
}

bool is_plain(std::string_view uri) {
  return std::all_of(uri.begin(), uri.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
}

std::string_view authority_of(std::string_view uri, std::string_view scheme) {
  const std::string_view rest = uri.substr(scheme.size());
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_host_char(char c) { return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'z') || c == '.' || c == '-'; }

}  // namespace

bool is_web_uri(std::string_view uri) {
  if (!is_plain(uri)) return false;
  for (const std::string_view scheme : {kHttps, kHttp})
    if (starts_without_case(uri, scheme)) return !authority_of(uri, scheme).empty();
  return false;
}

bool is_local_path(std::string_view path) { return path.starts_with('/') && !path.starts_with("//") && is_plain(path); }

std::optional<std::string_view> https_origin(std::string_view uri) {
  if (!uri.starts_with(kHttps) || !is_plain(uri)) return std::nullopt;
  const std::string_view authority = authority_of(uri, kHttps);
  const std::size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) return std::nullopt;
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), http::is_digit)) return std::nullopt;
  }
  return uri.substr(0, kHttps.size() + authority.size());
}

}  // namespace tessera::pages
