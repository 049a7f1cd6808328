#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "dialects/dialect.h"
#include "model/exchange.h"

namespace tessera {

/// Which paths are mounted: what discovery tells of. Immutable.
class PathTable {
 public:
  PathTable(const dialects::Library& library, const std::vector<config::Mount>& mounts);

  /// The first path of that endpoint in that dialect for the realm; "" where it is not mounted.
  std::string find(std::string_view dialect, model::EndpointKind kind, std::string_view realm) const;

 private:
  struct Entry {
    std::string dialect;
    std::string realm;  ///< "": any
    model::EndpointKind kind;
    std::string pattern;
  };
  std::vector<Entry> entries_;
};

}  // namespace tessera
