// From the wire to standard terms.
#pragma once

#include "base/result.h"
#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// Fills in what the request says. On an error `asked` holds what was read so far, for the log and the error map.
/// Errors: method_not_allowed, content_type_unsupported, body_malformed, parameter_invalid, parameters_too_many, parameter_duplicated (a
/// JSON member given twice).
Status decode(const EndpointLook& look, const http::Request& request, model::EndpointRequest& asked);

/// The tokens of all Authorization headers of the Bearer scheme. One that can't be read counts as an empty one.
std::vector<std::string> bearer_tokens(const http::Request& request);

}  // namespace tessera::dialects
