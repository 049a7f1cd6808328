#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "policy/throttle.h"

namespace tessera::policy {
namespace {

/// ::ffff:0:0/96, an IPv4 address as a dual-stack socket shows it (RFC 4291, 2.5.5.2).
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string address_prefix(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  const std::string text(address.substr(0, std::min<std::size_t>(address.find('%'), INET6_ADDRSTRLEN)));  // less the zone (RFC 4007, 11)
  std::array<std::uint8_t, 16> bytes;
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::string(address);
  if (std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0)
    return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  const auto group = [&bytes](std::size_t i) { return bytes[2 * i] << 8 | bytes[2 * i + 1]; };
  return fmt::format("{:x}:{:x}:{:x}:{:x}", group(0), group(1), group(2), group(3));
}

}  // namespace tessera::policy
