#include "http/address_blocks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

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

struct Range {
  std::string_view address;
  int bits;
};

// The special-purpose registries of RFC 6890. Of IPv6 only 2000::/3 is given out at all.
constexpr Range kNotPublic4[] = {{"0.0.0.0", 8},     {"10.0.0.0", 8},      {"100.64.0.0", 10},  {"127.0.0.0", 8},    {"169.254.0.0", 16},
                                 {"172.16.0.0", 12}, {"192.0.0.0", 24},    {"192.0.2.0", 24},   {"192.88.99.0", 24}, {"192.168.0.0", 16},
                                 {"198.18.0.0", 15}, {"198.51.100.0", 24}, {"203.0.113.0", 24}, {"224.0.0.0", 3}};
constexpr Range kGivenOut6 = {"2000::", 3};
constexpr Range kNotPublic6[] = {{"2001::", 23}, {"2001:db8::", 32}, {"2002::", 16}, {"3fff::", 20}};

bool is_in(const Bytes& address, const Range& range) {
  const int before = is_ipv4(range.address) ? kMappedBits : 0;
  return equal_prefix(address, *parse_address(range.address), range.bits + before);
}

}  // namespace

Result<AddressBlocks> AddressBlocks::parse(std::span<const std::string> entries, std::string_view what) {
  AddressBlocks blocks;
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
      return fail(Reason::config_invalid, std::string(what) + " \"" + std::string(entry) + "\" is neither an address nor a CIDR block");
    blocks.blocks_.push_back({*address, is_ipv4(text) ? bits + kMappedBits : bits});
  }
  return blocks;
}

bool AddressBlocks::contains(std::string_view address) const {
  if (blocks_.empty()) return false;
  const auto bytes = parse_address(address);
  return bytes && std::any_of(blocks_.begin(), blocks_.end(),
                              [&](const Block& block) { return equal_prefix(block.address, *bytes, block.prefix_bits); });
}

bool is_address(std::string_view text) { return parse_address(text).has_value(); }

bool is_public_address(std::string_view address) {
  const auto bytes = parse_address(address);
  if (!bytes) return false;
  const auto holds_it = [&](const Range& range) { return is_in(*bytes, range); };
  if (is_ipv4(address)) return std::ranges::none_of(kNotPublic4, holds_it);
  return is_in(*bytes, kGivenOut6) && std::ranges::none_of(kNotPublic6, holds_it);
}

}  // namespace tessera::http
