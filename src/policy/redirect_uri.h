// Redirect URIs: what may be registered, and what matches (RFC 9700, 2.1; RFC 8252, 7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::policy {

/// Why a URI can't be registered, as the end of a sentence about it; "" when it can. An absolute URI without fragment or user info; https,
/// http on a loopback address, or a private scheme with a dot in it. `trailing_star` lets the path end in `*`, by the client's policy.
std::string_view redirect_uri_fault(std::string_view uri, bool trailing_star);

/// The same of a URI at which we are to ask or post: a web address, by the same rules. An empty one, which stands for none, has no fault.
std::string_view outbound_uri_fault(std::string_view uri);

/// Whether a client that registered `registered` may be sent to `shown`: byte for byte, but for the port of a loopback address, and what a
/// trailing `*` leaves open.
bool redirect_uri_matches(std::string_view registered, std::string_view shown, bool trailing_star);

/// The host of an http or https URI in lower case, an IPv6 address in its brackets; "" for another URI.
std::string web_host_of(std::string_view uri);
/// Whether that host is the machine that asks.
bool is_loopback_host(std::string_view host);

/// "scheme://host:port" of an http or https URI, as a browser's Origin header has it; "" for another.
std::string origin_of(std::string_view uri);

}  // namespace tessera::policy
