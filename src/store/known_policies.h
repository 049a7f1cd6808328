// Client policies as they were read: most clients of a realm have the same one.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/recent_map.h"
#include "base/result.h"
#include "model/client.h"

namespace tessera::store {

/// Stored documents and what they say. Bounded; safe from any thread.
class KnownPolicies {
 public:
  /// Reads a document, or knows it. Errors: store_corrupt.
  Result<base::SharedValue<model::ClientPolicy>> read(std::string_view document);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::mutex mutex_;
  base::RecentMap<std::string, base::SharedValue<model::ClientPolicy>, Hash> policies_{1'024};
};

}  // namespace tessera::store
