// Which endpoint, in which dialect and for which realm, stands at a path.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "dialects/dialect.h"

namespace tessera::dialects {

struct Route {
  std::shared_ptr<const Dialect> dialect;
  const EndpointLook* look = nullptr;
  std::string realm;    ///< "" when the path names it
  std::string base;     ///< of the mount; may hold {realm}
  std::string pattern;  ///< the whole path; may hold {realm} and {client_id}
  bool standard = false;
};

/// Filled once, then immutable.
class Router {
 public:
  /// Adds every endpoint of a mount. The standard mount comes first. Where a later one has a discovery document of its own, that one is
  /// shown; but a mount for every realm leaves the standard's to the realms that other mounts name.
  /// Errors: config_invalid for a mount without a realm, and for a path that two mounts would answer.
  Status add(const config::Mount& mount, const std::shared_ptr<const Dialect>& dialect, bool standard);

  struct Match {
    const Route* route;
    std::string realm;
    std::string client = {};  ///< what stands for {client_id}
  };
  std::optional<Match> find(std::string_view path) const;

  /// Another endpoint of the mount that a request came to; null where it has none.
  const Route* route_of(const model::EndpointRequest& request, model::EndpointKind kind) const;
  /// Its path, or ""; {client_id} stays.
  std::string path_of(const model::EndpointRequest& request, model::EndpointKind kind) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Paths = std::unordered_map<std::string, const Route*, TextHash, std::equal_to<>>;
  struct RealmPaths {
    std::string prefix;  ///< what stands before {realm}
    Paths by_suffix;
  };

  Status add_route(Route route);
  void add_standard_discovery(const std::string& realm);
  void index(const Route& route);
  static std::optional<Match> match_segments(const Route& route, std::string_view path);

  std::vector<std::unique_ptr<Route>> routes_;
  Paths literal_;
  std::vector<RealmPaths> with_realm_;
  std::vector<const Route*> with_client_;  ///< few, and asked last
};

/// The standard dialect for every realm, then `mounts`. Errors: config_invalid, with the place of the mount.
Result<Router> make_router(const Library& library, const std::vector<config::Mount>& mounts);

/// `pattern` with {realm} filled in.
std::string fill_realm(std::string_view pattern, std::string_view realm);

}  // namespace tessera::dialects
