// IP addresses as operators write them.
#pragma once

#include <string>
#include <string_view>

namespace tessera::config {

/// An IPv4 or IPv6 address, without brackets, zone or port.
bool is_address(std::string_view text);
/// An address, or a CIDR block such as "10.1.0.0/16".
bool is_address_block(std::string_view text);

/// Whether only this machine reaches it: the name localhost, or an address, with or without brackets.
bool is_loopback(std::string_view host);

}  // namespace tessera::config
