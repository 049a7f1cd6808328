#include "admin/realm_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>

namespace tessera::admin {
namespace {

using config::TomlDocument;
using config::TomlTable;

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kScopeWordsMax = 1'000;

bool is_name_of(std::string_view name, std::string_view extra) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](unsigned char c) { return std::isalnum(c) != 0 || extra.find(static_cast<char>(c)) != extra.npos; });
}

void check_scope_words(TomlTable& table, std::string_view key, const std::vector<std::string>& words) {
  if (words.size() > kScopeWordsMax) table.problem(key, "has more than 1,000 words");
  for (const auto& word : words)
    if (!is_scope_word(word))
      table.problem(key, fmt::format("holds \"{}\", which is no scope word: printable ASCII without space, quote or backslash", word));
}

std::optional<bool> read_flag(TomlTable& table, std::string_view key, std::optional<bool> otherwise = {}) {
  bool flag = false;
  return table.read(key, flag) ? std::optional(flag) : otherwise;
}

void read_client_fields(TomlTable& table, DeclaredClient& client) {
  client.is_public = read_flag(table, "public", client.is_public);
  client.policy.read(table);
}

/// The preset's text is ours: a fault in it is a defect that its test finds.
void read_preset(TomlTable& table, DeclaredClient& client) {
  std::string name;
  if (!table.read_choice("preset", name, preset_names())) return;
  auto document = TomlDocument::parse(preset_text(name), "preset " + name);
  if (!document) return table.problem("preset", document.error().context);
  TomlTable preset = document->root();
  read_client_fields(preset, client);
  if (const auto status = document->status(); !status) table.problem("preset", status.error().context);
}

void check_grants(TomlTable& table, const DeclaredClient& client) {
  static constexpr std::string_view kGrants[] = {
#define TESSERA_GRANT(name) #name,
#include "grants/grants.def"
#undef TESSERA_GRANT
  };
  for (const auto& grant : client.policy.values.grants)
    if (std::find(std::begin(kGrants), std::end(kGrants), grant) == std::end(kGrants))
      table.problem("grants", fmt::format("names \"{}\"; grants are: {}", grant, fmt::join(kGrants, ", ")));
}

DeclaredClient read_client(TomlTable& table) {
  DeclaredClient client{.where = table.where()};
  if (table.require("id", client.id) && !is_client_id(client.id))
    table.problem("id", "must be 1 to 255 of: letters, digits, . _ ~ - @ : /");
  client.enabled = read_flag(table, "enabled");
  read_preset(table, client);
  read_client_fields(table, client);
  check_grants(table, client);
  check_scope_words(table, "scopes", client.policy.values.scopes);
  check_scope_words(table, "default_scopes", client.policy.values.default_scopes);
  return client;
}

DeclaredUser read_user(TomlTable& table) {
  DeclaredUser user{.where = table.where()};
  if (table.require("username", user.username) && !is_username(user.username))
    table.problem("username", "must be 1 to 255 of: lower-case letters, digits, . _ ~ - @ +");
  if (std::string sub; table.read("sub", sub)) {
    const auto handle = Handle::parse(sub);
    if (handle && *handle && handle->uuid() == sub)
      user.sub = *handle;
    else
      table.problem("sub", "must be a UUID in lower case, such as \"4a273b32-cc81-4bb3-bbc3-636d2c0d759d\"");
  }
  user.enabled = read_flag(table, "enabled");
  user.profile.read(table);
  return user;
}

DeclaredRole read_role(TomlTable& table) {
  DeclaredRole role{.where = table.where()};
  if (table.require("name", role.role.name) && !is_role_name(role.role.name))
    table.problem("name", "must be 1 to 255 of: letters, digits, . _ - :");
  table.read("permissions", role.role.permissions);
  check_scope_words(table, "permissions", role.role.permissions);
  table.read("client", role.role.client);
  const std::string prefix = role.role.client + ":";
  if (!role.role.client.empty() && (!role.role.name.starts_with(prefix) || role.role.name.size() == prefix.size()))
    table.problem("client", fmt::format("is \"{}\", but its roles are named \"{}ROLE\"", role.role.client, prefix));
  return role;
}

DeclaredRealm read_realm(TomlTable& root) {
  DeclaredRealm realm;
  auto table = root.table("realm");
  if (!table) {
    root.problem("", "names no realm; start with [realm] and name = \"...\"");
    for (const char* known : {"role", "client", "user"}) (void)root.tables(known);
    return realm;
  }
  realm.where = table->where();
  if (table->require("name", realm.name) && !is_realm_name(realm.name))
    table->problem("name", "must be 1 to 64 of: lower-case letters, digits, . _ -");
  realm.enabled = read_flag(*table, "enabled");
  realm.policy.read(*table);
  check_scope_words(*table, "scopes", realm.policy.values.scopes);
  for (TomlTable& item : root.tables("role")) realm.roles.push_back(read_role(item));
  for (TomlTable& item : root.tables("client")) realm.clients.push_back(read_client(item));
  for (TomlTable& item : root.tables("user")) realm.users.push_back(read_user(item));
  return realm;
}

/// Adds what another file says of the same realm. Two files must not both set a field.
Status merge(DeclaredRealm& into, DeclaredRealm&& from) {
  for (const auto* field : from.policy.mentioned) {
    const auto& mentioned = into.policy.mentioned;
    if (std::find(mentioned.begin(), mentioned.end(), field) != mentioned.end())
      return fail(Reason::config_invalid,
                  fmt::format("{}: `{}` of realm {} is set at {} too; keep one", from.where, field->name, from.name, into.where));
    field->copy(from.policy.values, into.policy.values);
    into.policy.mentioned.push_back(field);
  }
  if (from.enabled) into.enabled = from.enabled;
  std::move(from.roles.begin(), from.roles.end(), std::back_inserter(into.roles));
  std::move(from.clients.begin(), from.clients.end(), std::back_inserter(into.clients));
  std::move(from.users.begin(), from.users.end(), std::back_inserter(into.users));
  return {};
}

template <class Items, class Name>
Status require_unique(const Items& items, std::string_view what, Name name_of) {
  std::map<std::string_view, std::string_view> seen;
  for (const auto& item : items) {
    const auto [first, fresh] = seen.emplace(name_of(item), item.where);
    if (!fresh)
      return fail(Reason::config_invalid,
                  fmt::format("{}: {} {} is declared at {} already; keep one", item.where, what, name_of(item), first->second));
  }
  return {};
}

/// Two users of one `sub` would be one to every client.
Status require_unique_subs(const std::vector<DeclaredUser>& users) {
  std::map<Handle, std::string_view> seen;
  for (const auto& user : users) {
    if (!user.sub) continue;
    const auto [first, fresh] = seen.emplace(user.sub, user.where);
    if (!fresh)
      return fail(Reason::config_invalid, fmt::format("{}: user {} has the sub of the one at {}; give each their own, or leave it out",
                                                      user.where, user.username, first->second));
  }
  return {};
}

}  // namespace

bool is_realm_name(std::string_view name) {
  const bool lower = std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::isupper(c) != 0; });
  return lower && name.size() <= 64 && is_name_of(name, "._-") && name.front() != '.';
}
bool is_client_id(std::string_view id) { return is_name_of(id, "._~-@:/"); }
bool is_role_name(std::string_view name) { return is_name_of(name, "._-:"); }
bool is_scope_word(std::string_view word) {
  return !word.empty() &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}
bool is_username(std::string_view name) {
  return is_name_of(name, "._~-@+") && std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::isupper(c) != 0; });
}

Result<std::vector<DeclaredRealm>> read_realm_files(const std::vector<NamedText>& files) {
  std::vector<DeclaredRealm> realms;
  for (const auto& file : files) {
    auto document = TRY(TomlDocument::parse(file.text, file.name));
    TomlTable root = document.root();
    DeclaredRealm realm = read_realm(root);
    TRY(document.status());
    const auto same = std::find_if(realms.begin(), realms.end(), [&](const auto& other) { return other.name == realm.name; });
    if (same == realms.end())
      realms.push_back(std::move(realm));
    else
      TRY(merge(*same, std::move(realm)));
  }
  for (const auto& realm : realms) {
    TRY(require_unique(realm.roles, "role", [](const auto& item) -> const std::string& { return item.role.name; }));
    TRY(require_unique(realm.clients, "client", [](const auto& item) -> const std::string& { return item.id; }));
    TRY(require_unique(realm.users, "user", [](const auto& item) -> const std::string& { return item.username; }));
    TRY(require_unique_subs(realm.users));
  }
  return realms;
}

}  // namespace tessera::admin
