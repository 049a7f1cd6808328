#pragma once

#include <string_view>

#include "base/secret.h"

namespace tessera::clients {

// What each kind of secret begins with, so that scanners find a leaked one, and the log knows what not to show.
inline constexpr std::string_view kClientSecretPrefix = "tsec_";
inline constexpr std::string_view kInitialAccessTokenPrefix = "tiat_";
inline constexpr std::string_view kRegistrationTokenPrefix = "trat_";

/// A new secret: the prefix, 43 characters (256 bits) and 6 of checksum (CRC-32 in base62).
Secret new_secret_text(std::string_view prefix);

}  // namespace tessera::clients
