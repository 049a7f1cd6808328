// Client policies as they were read: most clients of a realm have the same one.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/recent_map.h"
#include "base/result.h"
#include "model/client.h"

namespace tessera::store {

/// What stored policies say, by their ids: under one id stands the same document for good. Bounded; safe from any thread.
class KnownPolicies {
 public:
  /// Reads a document, or knows its id. Errors: store_corrupt.
  Result<base::SharedValue<model::ClientPolicy>> read(std::int64_t id, std::string_view document);

 private:
  std::mutex mutex_;
  base::RecentMap<std::int64_t, base::SharedValue<model::ClientPolicy>> policies_{1'024};
};

}  // namespace tessera::store
