// Who is at the other end, when proxies stand between.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/address_blocks.h"
#include "http/message.h"

namespace tessera::http {

/// Where a request came from.
struct Origin {
  std::string address;
  bool secure = false;   ///< over TLS: ours, or a listed proxy's
  bool proxied = false;  ///< a listed proxy handed it over: its headers count
};

/// The proxies whose X-Forwarded-For and X-Forwarded-Proto count. From anybody else they are ignored. Immutable.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// Addresses or CIDR blocks, IPv4 or IPv6. Errors: config_invalid.
  static Result<TrustedProxies> parse(std::span<const std::string> entries);

  bool contains(std::string_view address) const { return blocks_.contains(address); }
  /// The rightmost address of X-Forwarded-For that is no listed proxy's; the connection's own where the chain can't be read.
  Origin resolve(const Request& request) const;

 private:
  AddressBlocks blocks_;
};

}  // namespace tessera::http
