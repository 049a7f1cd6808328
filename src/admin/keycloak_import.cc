#include "admin/keycloak_import.h"

#include <fmt/format.h>

#include "admin/keycloak_migration.h"
#include "admin/realm_file.h"
#include "admin/realm_text.h"
#include "jose/json.h"

namespace tessera::admin {
namespace {

/// Groups in groups are what lies deepest; a realm has a handful of levels.
constexpr jose::JsonLimits kLimits{.max_bytes = kKeycloakBytesMax, .max_depth = 48};
constexpr std::size_t kFileBytes = 4UL * 1024 * 1024;

std::unexpected<Error> refuse(const std::string& file, std::string_view what) {
  return fail(Reason::config_invalid, fmt::format("{}: {}", file, what));
}

Status name_realm(const KeycloakItem& root, std::string_view realm_name, model::Realm& realm) {
  realm.name = realm_name.empty() ? root.text("realm") : std::string(realm_name);
  if (realm.name.empty() && root.has("users") && !root.has("clients"))
    return fail(Reason::config_invalid, "holds users and no realm; export both into one file: kc.sh export --file");
  if (is_realm_name(realm.name)) return {};
  return fail(Reason::config_invalid,
              fmt::format("the realm's name \"{}\" can't be one here; choose one of lower-case letters, digits, . _ - with "
                          "--realm",
                          fits_a_file(realm.name) ? realm.name.substr(0, 64) : ""));
}

Status read_parts(const KeycloakItem& root, std::string_view realm_name, KeycloakImport& import) {
  TRY(name_realm(root, realm_name, import.realm));
  KeycloakAttributeSources sources;
  const auto lifetimes = read_keycloak_settings(root, import.realm, import.report);
  const auto scopes = TRY(read_keycloak_scopes(root, import.realm.policy, sources, import.report));
  const auto chosen = TRY(choose_keycloak_clients(root, import.report));
  auto roles = TRY(KeycloakRoles::read(root, chosen, import.report));
  import.realm.policy.roles = roles.all();
  const KeycloakContext context{root, lifetimes, scopes, chosen, roles, sources};
  TRY(read_keycloak_clients(context, import));
  TRY(read_keycloak_users(context, import));
  return restrict_scopes(context, import);
}

std::string head_of(const KeycloakImport& import) {
  std::string text =
      fmt::format("# Realm {}, as `tessera import keycloak` read it. It holds no secrets and no passwords.\n", import.realm.name);
  text += text_of(import.realm);
  for (const auto& client : import.clients) text += text_of(client);
  return text;
}

}  // namespace

std::vector<std::string> KeycloakImport::files() const {
  std::vector<std::string> files{head_of(*this)};
  std::string part;
  const auto close = [&] {
    if (!part.empty()) files.push_back(fmt::format("[realm]\nname = \"{}\"\n{}", realm.name, part));
    part.clear();
  };
  for (const auto& user : users) {
    part += text_of(user);
    if (part.size() > kFileBytes) close();
  }
  close();
  return files;
}

std::string KeycloakImport::file() const {
  std::string text = head_of(*this);
  for (const auto& user : users) text += text_of(user);
  return text;
}

Result<KeycloakImport> read_keycloak_realm(std::string_view text, const std::string& file, std::string_view realm_name) {
  if (text.size() > kKeycloakBytesMax)
    return refuse(file, "larger than 64 MiB; export the realm without its users, and import them by parts");
  const auto parsed = jose::parse_json(text, kLimits);
  if (!parsed) return refuse(file, parsed.error().context);
  const auto* object = parsed->if_object();
  if (object == nullptr)
    return refuse(file, parsed->is_array() ? "holds several realms; export one: kc.sh export --realm NAME" : "is no realm export");
  std::string problem;
  const KeycloakItem root(*object, "", problem);
  KeycloakImport import;
  const auto read = read_parts(root, realm_name, import);
  // A value of a wrong type may be why something else is missing.
  if (!problem.empty()) return refuse(file, problem);
  if (!read) return refuse(file, read.error().context);
  return import;
}

}  // namespace tessera::admin
