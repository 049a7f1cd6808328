#include "policy/redirect_uri.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>

namespace tessera::policy {
namespace {

/// Not decoded and not normalized: what is compared is what was written.
struct Parts {
  std::string_view scheme;
  std::string_view authority;  ///< host and port; user info stands in it, if there is any
  std::string_view host;
  std::string_view port;
  std::string_view rest;  ///< path, query and fragment
  bool has_authority = false;
};

bool is_scheme(std::string_view text) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; };
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 && std::all_of(text.begin(), text.end(), allowed);
}

std::optional<Parts> split(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || !is_scheme(uri.substr(0, colon))) return std::nullopt;
  Parts parts{.scheme = uri.substr(0, colon), .rest = uri.substr(colon + 1)};
  if (!parts.rest.starts_with("//")) return parts;
  parts.has_authority = true;
  const auto authority_end = std::min(parts.rest.find_first_of("/?#", 2), parts.rest.size());
  parts.authority = parts.rest.substr(2, authority_end - 2);
  parts.rest.remove_prefix(authority_end);
  // A bracketed IPv6 address holds colons of its own.
  const auto host_end = parts.authority.starts_with('[') ? std::min(parts.authority.find(']') + 1, parts.authority.size())
                                                         : std::min(parts.authority.rfind(':'), parts.authority.size());
  parts.host = parts.authority.substr(0, host_end);
  parts.port = parts.authority.substr(host_end);
  return parts;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// As browsers write it, with its colon: 1 to 65535, without leading zeros.
bool is_port(std::string_view port) {
  if (port.empty()) return true;
  std::uint16_t number = 0;
  const auto [end, code] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  return code == std::errc{} && end == port.data() + port.size() && port.front() == ':' && port[1] != '0';
}

/// RFC 3986, 2: what else a URI says, it says percent-encoded. Browsers take a \ for a /, and so another place for the host's end.
bool is_uri_text(std::string_view text) {
  static constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
  return std::ranges::all_of(text,
                             [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != others.npos; });
}

std::string_view http_fault(const Parts& parts, bool plain) {
  if (!parts.has_authority || parts.host.empty()) return "names no host";
  if (parts.authority.find('@') != std::string_view::npos) return "holds user info, which hides the host";
  if (!is_port(parts.port)) return "has a port that is none";
  if (plain && !is_loopback_host(parts.host)) return "is plain http beyond a loopback address; write https";
  return {};
}

/// Nothing where it is no web address.
std::optional<Parts> split_web(std::string_view uri) {
  auto parts = split(uri);
  const auto is_host = [](std::string_view host) { return !host.empty() && (host.starts_with('[') || host.find(':') == host.npos); };
  if (!parts || !parts->has_authority || !is_uri_text(uri) || !is_host(parts->host) || !is_port(parts->port)) return std::nullopt;
  const std::string scheme = lower(parts->scheme);
  return scheme == "http" || scheme == "https" ? parts : std::nullopt;
}

}  // namespace

/// RFC 8252, 7.3: the addresses, not the name, which a hosts file may send elsewhere. Clients of Keycloak use the name too.
bool is_loopback_host(std::string_view host) { return host == "127.0.0.1" || host == "[::1]" || host == "localhost"; }

std::string_view redirect_uri_fault(std::string_view uri, bool trailing_star) {
  const auto parts = split(uri);
  if (!parts) return "is no absolute URI";
  if (!is_uri_text(uri)) return "holds a character that a URI can hold only percent-encoded";
  if (uri.find('#') != std::string_view::npos) return "has a fragment";
  if (parts->authority.find('*') != std::string_view::npos) return "has a wildcard in its host";
  const auto star = parts->rest.find('*');
  if (star != std::string_view::npos && !(trailing_star && star == parts->rest.size() - 1 && star > 0))
    return trailing_star ? "has a * that is not the last character of its path" : "has a *: list each URI";
  const std::string scheme = lower(parts->scheme);
  if (scheme == "https" || scheme == "http") return http_fault(*parts, scheme == "http");
  // RFC 8252, 7.1: a private scheme is a domain name in reverse. It keeps out javascript:, data: and whatever a browser may run.
  if (scheme.find('.') == std::string::npos) return "has a scheme that is neither https nor a reversed domain name";
  return {};
}

std::string_view outbound_uri_fault(std::string_view uri) {
  if (uri.empty()) return {};
  const auto fault = redirect_uri_fault(uri, false);
  return fault.empty() && origin_of(uri).empty() ? "is neither http nor https" : fault;
}

bool redirect_uri_matches(std::string_view registered, std::string_view shown, bool trailing_star) {
  if (registered == shown) return registered.find('*') == std::string_view::npos;
  if (trailing_star && registered.ends_with('*')) {
    const auto parts = split(shown);
    const auto prefix = registered.substr(0, registered.size() - 1);
    const auto own = split(prefix);
    // Nothing that a server or browser may read as another host or path.
    return parts && own && parts->has_authority == own->has_authority && parts->authority == own->authority && shown.starts_with(prefix) &&
           redirect_uri_fault(shown, false).empty() && shown.find("..") == std::string_view::npos &&
           shown.find("%2e") == std::string_view::npos && shown.find("%2E") == std::string_view::npos;
  }
  const auto a = split(registered);
  const auto b = split(shown);
  return a && b && a->scheme == "http" && b->scheme == "http" && is_loopback_host(a->host) && a->host == b->host && is_port(b->port) &&
         a->rest == b->rest;
}

std::string web_host_of(std::string_view uri) {
  const auto parts = split_web(uri);
  return parts ? lower(parts->host) : std::string();
}

std::string origin_of(std::string_view uri) {
  const auto parts = split_web(uri);
  if (!parts) return {};
  const std::string scheme = lower(parts->scheme);
  const std::string_view usual = scheme == "https" ? ":443" : ":80";
  return scheme + "://" + lower(parts->host) + std::string(parts->port == usual ? std::string_view() : parts->port);
}

}  // namespace tessera::policy
