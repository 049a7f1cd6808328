// Roles, their composites, and groups.
#include <fmt/format.h>

#include <algorithm>

#include "admin/keycloak_migration.h"
#include "admin/realm_file.h"

namespace tessera::admin {
namespace {

constexpr std::size_t kRolesMax = 10'000;
constexpr std::size_t kGroupsMax = 100'000;
/// Roles that are looked at while composites are resolved: a small file may say a lot with them.
constexpr std::size_t kWorkMax = 4'000'000;

std::string spelled(const KeycloakRoleId& id) { return id.client.empty() ? id.name : fmt::format("{}:{}", id.client, id.name); }

std::unexpected<Error> refuse(std::string context) { return fail(Reason::config_invalid, std::move(context)); }

}  // namespace

Status KeycloakRoles::require_room(std::size_t more) {
  spent_ += more;
  if (spent_ <= kWorkMax) return {};
  return refuse("its composite roles and groups come to more than a realm can have; split them");
}

Status KeycloakRoles::add(const KeycloakItem& item, const std::string& client, MigrationReport& report) {
  const KeycloakRoleId id{client, item.text("name")};
  const std::string name = spelled(id);
  if (id.name.empty() || !is_role_name(name)) {
    report.refuse(fmt::format("role {}", fits_a_file(name) ? name : item.where()), "a role's name here has letters, digits, . _ - : only");
    return {};
  }
  if (names_.size() >= kRolesMax) return refuse(fmt::format("{}: more than 10,000 roles", item.where()));
  if (!numbers_.emplace(id, names_.size()).second) return refuse(fmt::format("{}: role {} stands there twice", item.where(), name));
  if (std::find(names_.begin(), names_.end(), name) != names_.end())
    return refuse(fmt::format("{}: a role of the realm and one of a client both come to be {}", item.where(), name));
  names_.push_back(name);
  ids_.push_back(id);
  report.carry("roles");
  return {};
}

Result<KeycloakRoles> KeycloakRoles::read(const KeycloakItem& root, const std::set<std::string>& clients, MigrationReport& report) {
  KeycloakRoles book;
  std::vector<std::pair<KeycloakItem, std::string>> found;
  if (const auto roles = root.item("roles")) {
    for (auto& item : roles->items("realm")) found.emplace_back(std::move(item), "");
    if (const auto by_client = roles->item("client"))
      for (const auto& [client, unused] : by_client->json())
        if (clients.contains(std::string(client)))
          for (auto& item : by_client->items(client)) found.emplace_back(std::move(item), client);
  }
  for (const auto& [item, client] : found) TRY(book.add(item, client, report));
  book.parts_.resize(book.names_.size());
  for (const auto& [item, client] : found)
    if (const auto* number = book.find({client, item.text("name")})) book.read_composites(item, *number);
  TRY(book.read_groups(root.items("groups"), 0, report));
  return book;
}

void KeycloakRoles::read_composites(const KeycloakItem& item, std::size_t role) {
  if (const auto composites = item.item("composites")) parts_[role] = named_by(*composites, "realm", "client");
}

Status KeycloakRoles::read_groups(const std::vector<KeycloakItem>& items, std::size_t parent, MigrationReport& report) {
  // As deep as the JSON may be, which is bounded.
  for (const auto& item : items) {
    const std::size_t number = groups_.size();
    if (number >= kGroupsMax) return refuse(fmt::format("{}: more than 100,000 groups", item.where()));
    Group group{.name = item.text("name"), .roles = named_by(item, "realmRoles", "clientRoles")};
    const bool is_top = item.where().find("subGroups") == std::string::npos;
    group.parent = is_top ? number : parent;
    group.path = (is_top ? "" : groups_[parent].path) + "/" + group.name;
    TRY(require_room(group.path.size() / 64));
    for (const auto& [key, values] : item.word_lists("attributes"))
      if (!values.empty()) group.attributes.emplace(key, values.front());
    if (!group_numbers_.emplace(group.path, number).second)
      return refuse(fmt::format("{}: group {} stands there twice", item.where(), fits_a_file(group.path) ? group.path : ""));
    report.carry("groups");
    report.change("group " + (fits_a_file(group.path) ? group.path : item.where()),
                  "there are no groups here: each member has the group's roles and attributes as their own");
    groups_.push_back(std::move(group));
    TRY(read_groups(item.items("subGroups"), number, report));
  }
  return {};
}

std::vector<model::Role> KeycloakRoles::all() const {
  std::vector<model::Role> roles;
  for (std::size_t number = 0; number < names_.size(); ++number) roles.push_back({names_[number], {}, ids_[number].client});
  return roles;
}

const std::size_t* KeycloakRoles::find(const KeycloakRoleId& id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nullptr : &found->second;
}

const KeycloakRoles::Group* KeycloakRoles::find_group(std::string_view path) const {
  const auto found = group_numbers_.find(path);
  return found == group_numbers_.end() ? nullptr : &groups_[found->second];
}

std::set<std::size_t> KeycloakRoles::named_by(const KeycloakItem& item, std::string_view realm_list, std::string_view client_lists) const {
  std::set<std::size_t> numbers;
  for (const auto& name : item.words(realm_list))
    if (const auto* number = find({"", name})) numbers.insert(*number);
  for (const auto& [client, names] : item.word_lists(client_lists))
    for (const auto& name : names)
      if (const auto* number = find({client, name})) numbers.insert(*number);
  return numbers;
}

std::set<std::size_t> KeycloakRoles::of_client(std::string_view client) const {
  std::set<std::size_t> numbers;
  for (std::size_t number = 0; number < ids_.size(); ++number)
    if (ids_[number].client == client) numbers.insert(number);
  return numbers;
}

Result<std::vector<std::string>> KeycloakRoles::flatten(const std::set<std::size_t>& direct) {
  std::set<std::size_t> all = direct;
  std::vector<std::size_t> open(direct.begin(), direct.end());
  while (!open.empty()) {
    const std::size_t role = open.back();
    open.pop_back();
    TRY(require_room(1 + parts_[role].size()));
    for (const std::size_t part : parts_[role])
      if (all.insert(part).second) open.push_back(part);
  }
  std::vector<std::string> names;
  for (const std::size_t role : all) names.push_back(names_[role]);
  return names;
}

}  // namespace tessera::admin
