#include "http/forwarded.h"

#include "http/chars.h"

namespace tessera::http {
namespace {

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
  proxies.blocks_ = TRY(AddressBlocks::parse(entries, "trusted proxy"));
  return proxies;
}

Origin TrustedProxies::resolve(const Request& request) const {
  Origin origin{std::string(request.remote_address), request.tls, contains(request.remote_address)};
  if (!origin.proxied) return origin;
  const std::string chain = joined(request, "X-Forwarded-For");
  std::string_view rest = chain;
  while (!rest.empty()) {
    const std::string_view hop = take_last(rest);
    if (!is_address(hop)) break;  // what stands to its left is nobody's word
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
