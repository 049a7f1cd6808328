#include "config/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace tessera::config {

bool is_address(std::string_view text) {
  // inet_pton stops at a NUL.
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return false;
  in6_addr address{};
  return ::inet_pton(text.find(':') == text.npos ? AF_INET : AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_address_block(std::string_view text) {
  const auto slash = text.find('/');
  if (!is_address(text.substr(0, slash))) return false;
  if (slash == text.npos) return true;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  return failure == std::errc{} && end == digits.data() + digits.size() && bits <= (text.find(':') == text.npos ? 32U : 128U);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

}  // namespace tessera::config
