#pragma once

#include <functional>

#include "config/settings.h"

namespace tessera::cli {

/// Runs a server until it is told to stop; returns the exit status.
using ServeFunction = std::function<int(const config::Settings&)>;

/// The whole command line. Exit status: 0 done, 1 refused or failed, 2 wrong usage.
int run_cli(int argc, char** argv, ServeFunction serve);

}  // namespace tessera::cli
