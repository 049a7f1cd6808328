// Which pages may read what a client is told (Fetch, 3.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/client.h"

namespace tessera::policy {

/// Keycloak's word, among a client's web origins, for those of its redirect URIs.
inline constexpr std::string_view kOriginsOfRedirects = "+";

/// The client's web origins, "+" replaced by what it stands for, each once. Worked out once for a policy: a token costs no more by them
/// than by writing them down.
const std::vector<std::string>& web_origins_of(const model::ClientPolicy& policy);

/// Whether `origin`, as a browser sends it, is one of them, byte for byte.
bool is_web_origin(const model::ClientPolicy& policy, std::string_view origin);

}  // namespace tessera::policy
