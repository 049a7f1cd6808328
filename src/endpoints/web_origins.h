#pragma once

#include <string_view>

#include "clients/directory.h"
#include "model/exchange.h"

namespace tessera::endpoints {

/// Whether the client that a request names registered the origin of the page that sends it. The client is the one of its credentials, or of
/// its bearer token, neither of them proven yet: what is not proven is refused by the endpoint, and that page may read the refusal.
/// Errors: would_look_up.
Result<bool> is_web_origin(clients::Directory& directory, const model::EndpointRequest& request, std::string_view origin, const Turn& turn);

}  // namespace tessera::endpoints
