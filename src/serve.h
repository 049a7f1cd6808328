#pragma once

#include "config/settings.h"

namespace tessera {

/// Serves until SIGINT or SIGTERM; SIGHUP reloads the configuration. Returns the exit code: 0 after an orderly stop, 1 with one line on
/// standard error when it can't start.
int serve(const config::Settings& settings);

}  // namespace tessera
