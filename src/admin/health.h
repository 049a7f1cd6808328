// What `tessera doctor` can tell from the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/services.h"

namespace tessera::admin {

struct HealthFinding {
  std::string_view level = "ok";  ///< "ok", "warn" or "fail"
  std::string what;
  std::string todo;  ///< "" for ok
};

/// Keys, what seals them, clock, and clients whose settings trade security for compatibility. Errors: the store's.
Result<std::vector<HealthFinding>> examine_store(const Services& services);

}  // namespace tessera::admin
