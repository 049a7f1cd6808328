// Base64url without padding (RFC 7515, appendix C; RFC 4648, 5). Strict: padding, other alphabets, white space and non-zero trailing
// bits are refused, so a value has one spelling only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera::base {

std::string base64url_encode(std::span<const std::uint8_t> bytes);
std::string base64url_encode(std::string_view bytes);
/// Appends to `out`: the hot path builds a token in one buffer.
void base64url_append(std::string& out, std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace tessera::base
