#include "http/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "http/chars.h"

namespace tessera::http {
namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr int kMappedBits = 96;

bool is_ipv4(std::string_view text) { return text.find(':') == std::string_view::npos; }

std::optional<Bytes> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  std::memcpy(buffer.data(), text.data(), text.size());
  Bytes bytes{};
  if (is_ipv4(text)) {
    bytes[10] = bytes[11] = 0xFF;
    if (::inet_pton(AF_INET, buffer.data(), bytes.data() + 12) != 1) return std::nullopt;
    return bytes;
  }
  if (::inet_pton(AF_INET6, buffer.data(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

bool equal_prefix(const Bytes& a, const Bytes& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/// Takes the last element off a comma-separated list.
std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  return last;
}

/// All values of a field, as one list: proxies may append a line of their own instead of an element.
std::string joined(const Request& request, std::string_view name) {
  std::string list;
  for (const auto& [key, value] : request.headers)
    if (equal_without_case(key, name)) (list += list.empty() ? "" : ",") += value;
  return list;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> entries) {
  TrustedProxies proxies;
  for (const std::string_view entry : entries) {
    const std::size_t slash = entry.find('/');
    const std::string_view text = entry.substr(0, slash);
    const auto address = parse_address(text);
    const int most = is_ipv4(text) ? 32 : 128;
    int bits = most;
    if (slash != std::string_view::npos) {
      const std::string_view number = entry.substr(slash + 1);
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
      if (error != std::errc{} || end != number.data() + number.size()) bits = -1;
    }
    if (!address || bits < 0 || bits > most)
      return fail(Reason::config_invalid, "trusted proxy \"" + std::string(entry) + "\" is neither an address nor a CIDR block");
    proxies.blocks_.push_back({*address, is_ipv4(text) ? bits + kMappedBits : bits});
  }
  return proxies;
}

bool TrustedProxies::contains(std::string_view address) const {
  if (blocks_.empty()) return false;
  const auto bytes = parse_address(address);
  return bytes && std::any_of(blocks_.begin(), blocks_.end(),
                              [&](const Block& block) { return equal_prefix(block.address, *bytes, block.prefix_bits); });
}

Origin TrustedProxies::resolve(const Request& request) const {
  Origin origin{std::string(request.remote_address), request.tls, contains(request.remote_address)};
  if (!origin.proxied) return origin;
  const std::string chain = joined(request, "X-Forwarded-For");
  std::string_view rest = chain;
  while (!rest.empty()) {
    const std::string_view hop = take_last(rest);
    if (!parse_address(hop)) break;  // what stands to its left is nobody's word
    origin.address = hop;
    if (!contains(hop)) break;
  }
  const std::string schemes = joined(request, "X-Forwarded-Proto");
  std::string_view scheme_list = schemes;
  const std::string_view scheme = take_last(scheme_list);
  if (!scheme.empty()) origin.secure = equal_without_case(scheme, "https");
  return origin;
}

}  // namespace tessera::http
