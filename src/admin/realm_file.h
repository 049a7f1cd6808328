// What `tessera apply` is given: realms, roles, clients and users as files declare them. No file holds a secret or a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/policy_fields.h"
#include "base/result.h"

namespace tessera::admin {

struct DeclaredClient {
  std::string id;
  std::string where;  ///< "FILE:LINE", for messages
  std::optional<bool> enabled;
  std::optional<bool> is_public;
  Patch<model::ClientPolicy> policy;  ///< the preset's fields, then the file's own
};

struct DeclaredUser {
  std::string username;
  Handle sub;  ///< what tokens are to know a new user by; empty: whatever comes
  std::string where;
  std::optional<bool> enabled;
  Patch<model::UserProfile> profile;
};

struct DeclaredRole {
  model::Role role;
  std::string where;
};

/// One realm, gathered from every file that names it.
struct DeclaredRealm {
  std::string name;
  std::string where;
  std::optional<bool> enabled;
  Patch<model::RealmPolicy> policy;
  std::vector<DeclaredRole> roles;
  std::vector<DeclaredClient> clients;
  std::vector<DeclaredUser> users;
};

struct NamedText {
  std::string name;  ///< the file's path, for messages
  std::string text;
};

/// Reads files and gathers what they say of each realm, in the order they name them.
/// Errors: config_invalid with "FILE:LINE: what is wrong; what to write".
Result<std::vector<DeclaredRealm>> read_realm_files(const std::vector<NamedText>& files);

/// Names of the presets, and the TOML that one stands for ("" when there is none of that name).
std::vector<std::string_view> preset_names();
std::string_view preset_text(std::string_view name);

/// Whether `name` may be a realm's name (it stands in paths), a client's id or a user's name.
bool is_realm_name(std::string_view name);
bool is_client_id(std::string_view id);
bool is_username(std::string_view name);
bool is_role_name(std::string_view name);
/// NQCHAR of RFC 6749, appendix A: what a scope word is made of.
bool is_scope_word(std::string_view word);

}  // namespace tessera::admin
