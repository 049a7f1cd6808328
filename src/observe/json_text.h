// Text as it stands in a line of a log or of the audit file.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace tessera::observe {

/// Appends `text` quoted and escaped, so that a line is always one JSON object and looks like it on a terminal, whatever a client sent:
/// control characters, line separators and overrides of direction are escaped, bytes that are no UTF-8 become U+FFFD, and what lies beyond
/// `bytes_max` is cut.
void append_json_string(std::string& out, std::string_view text, std::size_t bytes_max = std::string_view::npos);

/// Appends `at` as 2026-01-31T12:00:00.123456Z.
void append_timestamp(std::string& out, TimePoint at);

}  // namespace tessera::observe
