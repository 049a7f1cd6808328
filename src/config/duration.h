// Lengths of time as operators write them: "299s", "60m", "12h", "30d", "10y".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::config {

/// A whole number and one unit: s, m, h, d (24 h) or y (365 d); at most 100 years. Nothing when it is written otherwise.
std::optional<std::int64_t> parse_duration_s(std::string_view text);
/// The shortest exact spelling: 3600 is "1h", 299 is "299s".
std::string format_duration_s(std::int64_t seconds);

}  // namespace tessera::config
