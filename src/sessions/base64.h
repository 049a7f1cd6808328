// Base64 (RFC 4648, 4) without padding, as records have it. As strict as base/base64url.h: a value has one spelling. (libsodium's reader
// takes some bytes beyond ASCII for digits.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::sessions {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tessera::sessions
