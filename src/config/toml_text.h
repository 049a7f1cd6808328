// The one way from TOML text to tables: bounded before the library takes it, which recurses once for each part of a key.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::config {

/// Takes at most 16 MiB, and at most 16 dotted parts in a key or header; the library itself bounds lists and inline tables.
/// Errors: config_invalid with "FILE:LINE: what is wrong".
Result<toml::table> parse_toml_text(std::string_view text, const std::string& file);

}  // namespace tessera::config
