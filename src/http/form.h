// Form-encoded text: bodies, queries, and the Authorization header, whose Basic scheme is form-encoded within (RFC 6749, 2.3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "http/limits.h"

namespace tessera::http {

/// Names and values. A value may be a password or a token: it is wiped after use.
using FormFields = std::vector<std::pair<std::string, Secret>>;

/// Reads application/x-www-form-urlencoded, in the order given and with duplicates: the caller decides about them. An incomplete escape,
/// a control character, bytes that are no UTF-8 and too many parameters are refused. Errors: body_malformed, parameters_too_many.
Result<FormFields> parse_form(std::string_view body, const FormLimits& limits = {});

/// The same for the part of a target behind '?'. Errors: parameter_invalid.
Result<FormFields> parse_query(std::string_view query, const FormLimits& limits = {});

/// "%41" and the like decoded; '+' stays, as in a path. Nothing for what parse_form refuses.
std::optional<std::string> percent_decode(std::string_view text);
/// One name or value of a form: as above, and '+' is a space.
std::optional<std::string> form_decode(std::string_view text);

/// The value of a form or query parameter, percent-encoded: whatever is not unreserved (RFC 3986, 2.3), a space as %20.
std::string form_encode(std::string_view text);

/// Id and secret of `Authorization: Basic ...` (RFC 7617), each form-decoded. Nothing when it is another scheme or malformed.
std::optional<std::pair<std::string, Secret>> parse_basic_auth(std::string_view header);

/// The token of `Authorization: Bearer ...` (RFC 6750, 2.1: b64token). Nothing when it is another scheme or malformed.
std::optional<std::string> parse_bearer(std::string_view header);

}  // namespace tessera::http
