// Whom a user is one person to (OpenID Connect Core, 8.1).
#pragma once

#include <string>
#include <string_view>

#include "model/client.h"

namespace tessera::policy {

/// The sector of a client: the host of its redirect URIs, "" where they do not have one and the same. Clients of one sector know a user by
/// one pairwise `sub`.
std::string sector_of(const model::ClientPolicy& policy);

/// Why the client can't have pairwise subjects, as the end of a sentence about it; "" when it can.
std::string_view sector_fault(const model::ClientPolicy& policy);

}  // namespace tessera::policy
