#include "path_table.h"

namespace tessera {

PathTable::PathTable(const dialects::Library& library, const std::vector<config::Mount>& mounts) {
  const auto add = [this](const dialects::Dialect& dialect, const std::string& realm, const std::string& base) {
    for (const auto& look : dialect.endpoints())
      if (!look.paths.empty()) entries_.push_back({dialect.name(), realm, look.kind, base + look.paths.front()});
  };
  if (const auto standard = library.find("oauth2")) add(*standard, "", "");
  for (const auto& mount : mounts)
    if (const auto dialect = library.find(mount.dialect)) add(*dialect, mount.realm, mount.base);
}

std::string PathTable::find(std::string_view dialect, model::EndpointKind kind, std::string_view realm) const {
  constexpr std::string_view kPlaceholder = "{realm}";
  for (const auto& entry : entries_) {
    if (entry.dialect != dialect || entry.kind != kind || (!entry.realm.empty() && entry.realm != realm)) continue;
    std::string path = entry.pattern;
    if (const auto at = path.find(kPlaceholder); at != std::string::npos) path.replace(at, kPlaceholder.size(), realm);
    return path;
  }
  return "";
}

}  // namespace tessera
