#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::config {

/// The known key nearest to `key` (edit distance at most 3, and at most half the length of the key), or "".
std::string nearest_key(std::string_view key, const std::vector<std::string_view>& known);

}  // namespace tessera::config
