#pragma once

#include <memory>

#include "base/result.h"
#include "clients/directory.h"
#include "model/exchange.h"

namespace tessera::clients {

/// The realm of a request, enabled and reached as it wants to be. Errors: realm_unknown, realm_disabled, https_required.
Result<std::shared_ptr<const model::Realm>> require_realm(const Directory& directory, const model::EndpointRequest& request);

}  // namespace tessera::clients
