// `tessera doctor`: what is wrong or unsafe with this installation, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace tessera::cli {

struct Finding {
  enum class Level : unsigned char { ok, warn, fail };
  Level level = Level::ok;
  std::string what;
  std::string todo;  ///< "" for ok
};

/// Looks at everything, a running server's store included. Changes nothing.
std::vector<Finding> examine(const config::Settings& settings);

bool any_failed(const std::vector<Finding>& findings);
std::string findings_text(const std::vector<Finding>& findings);
std::string findings_json(const std::vector<Finding>& findings);

}  // namespace tessera::cli
