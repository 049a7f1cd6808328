// What may stand behind href, src and action: the templates escape, this decides.
#pragma once

#include <optional>
#include <string_view>

namespace tessera::pages {

/// http: or https: with a host, and nothing that a URI can't hold as it stands (white space, controls, quotes, angle brackets, '\').
bool is_web_uri(std::string_view uri);

/// A path of this server. "//host" and "/\host" lead to another one.
bool is_local_path(std::string_view path);

/// scheme://host[:port] of an https: URI, for a Content-Security-Policy: only letters, digits, '.', '-' and ':'. Nothing when the URI is
/// another one, or its host can't be said there.
std::optional<std::string_view> https_origin(std::string_view uri);

}  // namespace tessera::pages
