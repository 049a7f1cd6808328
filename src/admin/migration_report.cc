#include "admin/migration_report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

namespace tessera::admin {

namespace json = boost::json;

void MigrationReport::add(Entries& entries, std::string what, std::string_view why) {
  auto found = entries.by_why.find(why);
  if (found == entries.by_why.end()) {
    found = entries.by_why.emplace(why, entries.list.size()).first;
    entries.list.push_back({std::string(why), {}});
  }
  auto& all = entries.list[found->second].what;
  // Said twice in a row by parts that share a cause.
  if (all.empty() || all.back() != what) all.push_back(std::move(what));
}

json::array MigrationReport::to_json(const Entries& entries) {
  json::array shown;
  for (const auto& entry : entries.list) shown.push_back({{"why", entry.why}, {"what", json::value_from(entry.what)}});
  return shown;
}

json::object MigrationReport::to_json() const {
  json::object carried;
  for (const auto& [kind, count] : carried_) carried[kind] = count;
  return {{"carried", std::move(carried)}, {"changed", to_json(changed_)}, {"refused", to_json(refused_)}};
}

}  // namespace tessera::admin
