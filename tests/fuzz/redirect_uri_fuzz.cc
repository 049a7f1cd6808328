// policy/redirect_uri.h: two lines, what a client registered and what somebody shows.
#include "fuzz.h"
#include "policy/redirect_uri.h"

using namespace tessera;

namespace {

/// Where a browser would go: what stands between scheme:// and the next / ? # or \, behind the last @. A private scheme may have none.
std::string_view host_of(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || !uri.substr(colon + 1).starts_with("//")) return {};
  const auto rest = uri.substr(colon + 3);
  const auto authority = rest.substr(0, std::min(rest.find_first_of("/?#\\"), rest.size()));
  return authority.substr(authority.rfind('@') == std::string_view::npos ? 0 : authority.rfind('@') + 1);
}

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos ? host : host.substr(0, colon);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto newline = std::min(text.find('\n'), text.size());
  const auto registered = text.substr(0, newline);
  const auto shown = text.substr(std::min(newline + 1, text.size()));
  for (const bool star : {false, true}) {
    if (!policy::redirect_uri_fault(registered, star).empty()) continue;
    for (const char c : registered) REQUIRE(c > 0x20 && c < 0x7F);
    if (!policy::redirect_uri_matches(registered, shown, star)) continue;
    REQUIRE(shown.find_first_of("\r\n #\\") == std::string_view::npos);
    REQUIRE(without_port(host_of(registered)) == without_port(host_of(shown)));
    if (!star) REQUIRE(registered.find('*') == std::string_view::npos);
  }
  const auto origin = policy::origin_of(text);
  REQUIRE(origin.empty() || policy::origin_of(origin) == origin);
  return 0;
}
