// Sets of network addresses.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::http {

/// Addresses and CIDR blocks, IPv4 or IPv6. An IPv4 address and the IPv6 address that it is mapped to are the same. Immutable.
class AddressBlocks {
 public:
  AddressBlocks() = default;
  /// Errors: config_invalid, `what` naming the entries.
  static Result<AddressBlocks> parse(std::span<const std::string> entries, std::string_view what);

  /// False for a text that is no address.
  bool contains(std::string_view address) const;

 private:
  struct Block {
    std::array<std::uint8_t, 16> address;  ///< IPv4 as a mapped IPv6 address
    int prefix_bits;
  };
  std::vector<Block> blocks_;
};

bool is_address(std::string_view text);
/// Whether anybody may be there: no private, loopback, link-local, multicast, documentation or reserved address, nor one that stands for
/// an IPv4 address (mapped, NAT64, 6to4, Teredo), behind which one of those may hide (RFC 6890).
bool is_public_address(std::string_view address);

}  // namespace tessera::http
