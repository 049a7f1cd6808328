#include "dialects/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "http/form.h"

namespace tessera::dialects {
namespace {

constexpr std::string_view kRealm = "{realm}";
constexpr std::string_view kClient = "{client_id}";
constexpr std::string_view kStandardDialect = "oauth2";
constexpr std::string_view kStandardBase = "/realms/{realm}/oauth2";

std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

bool is_open(std::string_view segment) { return segment == kRealm || segment == kClient; }

/// Whether one path could match both.
bool overlap(std::string_view a, std::string_view b) {
  if (std::count(a.begin(), a.end(), '/') != std::count(b.begin(), b.end(), '/')) return false;
  while (!a.empty() || !b.empty()) {
    const std::string_view left = take_segment(a);
    const std::string_view right = take_segment(b);
    const bool same = left == right || (is_open(left) && !right.empty()) || (is_open(right) && !left.empty());
    if (!same) return false;
  }
  return true;
}

std::string describe(const Route& route) {
  return fmt::format("{} ({}{})", route.dialect->name(), route.pattern, route.realm.empty() ? "" : ", realm " + route.realm);
}

}  // namespace

std::string fill_realm(std::string_view pattern, std::string_view realm) {
  std::string path(pattern);
  if (const auto at = path.find(kRealm); at != std::string::npos) path.replace(at, kRealm.size(), realm);
  return path;
}

Status Router::add(const config::Mount& mount, const std::shared_ptr<const Dialect>& dialect, bool standard) {
  std::string base = mount.base == "/" ? "" : mount.base;
  if (!base.empty() && (!base.starts_with('/') || base.ends_with('/')))
    return fail(Reason::config_invalid,
                fmt::format("mount of {}: base \"{}\" is no path; write base = \"/auth\"", dialect->name(), mount.base));
  for (const EndpointLook& look : dialect->endpoints()) {
    for (const std::string& path : look.paths) TRY(add_route({dialect, &look, mount.realm, base, base + path, standard}));
    for (const std::string& path : look.root_paths) TRY(add_route({dialect, &look, mount.realm, base, path, standard}));
  }
  if (!mount.realm.empty()) add_standard_discovery(mount.realm);
  return {};
}

void Router::add_standard_discovery(const std::string& realm) {
  std::vector<Route> named;
  for (const auto& route : routes_)
    if (route->standard && route->realm.empty() && route->look->kind == model::EndpointKind::discovery)
      named.push_back({route->dialect, route->look, realm, fill_realm(route->base, realm), fill_realm(route->pattern, realm), true});
  for (Route& route : named) {
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    index(*routes_.back());
  }
}

Status Router::add_route(Route route) {
  if (!route.realm.empty()) {
    route.base = fill_realm(route.base, route.realm);
    route.pattern = fill_realm(route.pattern, route.realm);
  }
  const auto first = route.pattern.find(kRealm);
  if (route.realm.empty() && first == std::string::npos)
    return fail(Reason::config_invalid,
                fmt::format("mount of {}: no realm stands in {}; write realm = \"name\", or base = \"/realms/{{realm}}\"",
                            route.dialect->name(), route.pattern));
  if (first != std::string::npos && route.pattern.find(kRealm, first + 1) != std::string::npos)
    return fail(Reason::config_invalid,
                fmt::format("mount of {}: {} names the realm twice; take {{realm}} out of base", route.dialect->name(), route.pattern));
  for (const auto& other : routes_) {
    if (!overlap(other->pattern, route.pattern)) continue;
    const bool both_discover = other->look->kind == model::EndpointKind::discovery && route.look->kind == model::EndpointKind::discovery;
    if (other->standard && both_discover) continue;
    return fail(Reason::config_invalid, fmt::format("mounts overlap: {} and {} would answer the same path; give one another base",
                                                    describe(*other), describe(route)));
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  index(*routes_.back());
  return {};
}

void Router::index(const Route& route) {
  // Only discovery documents share a path, and there the standard's gives way.
  const auto put = [&route](Paths& paths, const std::string& path) {
    if (const auto [found, fresh] = paths.try_emplace(path, &route); !fresh && !route.standard) found->second = &route;
  };
  if (route.pattern.find(kClient) != std::string::npos) return with_client_.push_back(&route);
  const auto at = route.pattern.find(kRealm);
  if (at == std::string::npos) return put(literal_, route.pattern);
  const std::string prefix = route.pattern.substr(0, at);
  auto group = std::find_if(with_realm_.begin(), with_realm_.end(), [&](const RealmPaths& paths) { return paths.prefix == prefix; });
  if (group == with_realm_.end()) group = with_realm_.insert(group, RealmPaths{prefix, {}});
  put(group->by_suffix, route.pattern.substr(at + kRealm.size()));
}

std::optional<Router::Match> Router::find(std::string_view path) const {
  if (const auto found = literal_.find(path); found != literal_.end()) return Match{found->second, found->second->realm};
  for (const RealmPaths& group : with_realm_) {
    if (!path.starts_with(group.prefix)) continue;
    const std::string_view rest = path.substr(group.prefix.size());
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const auto found = group.by_suffix.find(rest.substr(end));
    if (end == 0 || found == group.by_suffix.end()) continue;
    auto realm = http::percent_decode(rest.substr(0, end));
    if (!realm || realm->find('/') != std::string::npos) return std::nullopt;
    return Match{found->second, *std::move(realm)};
  }
  for (const Route* route : with_client_)
    if (auto match = match_segments(*route, path)) return match;
  return std::nullopt;
}

std::optional<Router::Match> Router::match_segments(const Route& route, std::string_view path) {
  std::string_view pattern = route.pattern;
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return std::nullopt;
  Match match{&route, route.realm};
  while (!pattern.empty() || !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    const std::string_view shown = take_segment(path);
    if (!is_open(expected)) {
      if (expected != shown) return std::nullopt;
      continue;
    }
    auto value = http::percent_decode(shown);
    if (!value || value->empty() || value->find('/') != std::string::npos) return std::nullopt;
    (expected == kRealm ? match.realm : match.client) = *std::move(value);
  }
  return match;
}

const Route* Router::route_of(const model::EndpointRequest& request, model::EndpointKind kind) const {
  for (const auto& route : routes_)
    if (route->dialect->name() == request.dialect && route->look->kind == kind && (route->realm.empty() || route->realm == request.realm) &&
        fill_realm(route->base, request.realm) == request.mount_base)
      return route.get();
  return nullptr;
}

std::string Router::path_of(const model::EndpointRequest& request, model::EndpointKind kind) const {
  const Route* const route = route_of(request, kind);
  return route == nullptr ? std::string() : fill_realm(route->pattern, request.realm);
}

Result<Router> make_router(const Library& library, const std::vector<config::Mount>& mounts) {
  Router router;
  const config::Mount standard{std::string(kStandardDialect), "", std::string(kStandardBase)};
  TRY(router.add(standard, library.find(kStandardDialect), true));
  for (const config::Mount& mount : mounts) {
    const auto dialect = library.find(mount.dialect);
    if (!dialect)
      return fail(Reason::config_invalid, fmt::format("{}: no dialect `{}`; write one of: {}, or name its folder in dialect_dirs",
                                                      mount.where, mount.dialect, fmt::join(library.names(), ", ")));
    if (const auto added = router.add(mount, dialect, false); !added)
      return fail(Reason::config_invalid, fmt::format("{}: {}", mount.where, added.error().context));
  }
  return router;
}

}  // namespace tessera::dialects
