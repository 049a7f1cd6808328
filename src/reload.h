// What a changed configuration means for a server that runs.
#pragma once

#include <string_view>
#include <vector>

#include "config/settings.h"
#include "http/tls.h"

namespace tessera {

/// The settings, by their names in the file, in which `wanted` differs from `running` and which are looked at only at the start.
std::vector<std::string_view> settings_that_need_restart(const config::Settings& running, const config::Settings& wanted);

/// The certificate that `wanted` has for each listener of `running`: none where it has no such listener.
std::vector<http::TlsFiles> certificates_for(const config::Settings& running, const config::Settings& wanted);

}  // namespace tessera
