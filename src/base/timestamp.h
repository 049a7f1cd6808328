#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tessera::base {

/// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z` (RFC 3339 in UTC; a fraction of any length, cut to microseconds). Years 1970 to 9999, real
/// dates only, no leap second. Errors: expiry_malformed.
Result<TimePoint> parse_timestamp(std::string_view text);
/// The same form, to the second.
std::string format_timestamp(TimePoint at);

}  // namespace tessera::base
