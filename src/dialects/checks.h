// Small checks on what a dialect may write, shared by the endpoint's and the wording's rules.
#pragma once

#include <string_view>

#include "dialects/spec.h"

namespace tessera::dialects {

/// The rules of one endpoint: methods, bodies, names, outputs.
Status check_endpoint(const EndpointSpec& spec);
/// The rules of what is said: error templates, reasons, statuses, envelope.
Status check_wording(const DialectSpec& spec);
/// What a list of output fields may hold.
Status check_fields(const std::vector<FieldSpec>& fields, const Place& place);

/// Printable ASCII without '"' and '\': what RFC 6749, 5.2 lets an error description hold, and what is safe in a header.
bool is_plain_text(std::string_view text);

}  // namespace tessera::dialects
