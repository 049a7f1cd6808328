// The parts of reading a Keycloak export (keycloak_import.h). Each takes what it can, and tells the report of the rest.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/keycloak_import.h"
#include "admin/keycloak_item.h"

namespace tessera::admin {

/// A role by whose it is: "" for the realm's.
struct KeycloakRoleId {
  std::string client;
  std::string name;
  friend auto operator<=>(const KeycloakRoleId&, const KeycloakRoleId&) = default;
};

/// Roles with their composites, and groups with what they give.
class KeycloakRoles {
 public:
  struct Group {
    std::string name;
    std::string path;
    std::size_t parent = 0;  ///< its place in groups(), itself for one at the top
    std::set<std::size_t> roles;
    std::map<std::string, std::string> attributes;
  };

  /// Errors: config_invalid for what stands there twice and for roles beyond the limits.
  static Result<KeycloakRoles> read(const KeycloakItem& root, const std::set<std::string>& clients, MigrationReport& report);

  /// What `direct` comes to once composites are resolved, by the names that the roles have here, in the order of names().
  /// Errors: config_invalid when the export's composites come to more than any realm has.
  Result<std::vector<std::string>> flatten(const std::set<std::size_t>& direct);
  /// The roles that an item's `realmRoles` and `clientRoles` name; unknown ones are left out.
  std::set<std::size_t> named_by(const KeycloakItem& item, std::string_view realm_list, std::string_view client_lists) const;
  /// A role's number; nothing when it is not carried.
  const std::size_t* find(const KeycloakRoleId& id) const;
  const Group* find_group(std::string_view path) const;
  const std::vector<Group>& groups() const { return groups_; }
  /// Of every role that is carried.
  const std::vector<std::string>& names() const { return names_; }
  /// As the realm has them, without permissions.
  std::vector<model::Role> all() const;
  /// The roles of one client.
  std::set<std::size_t> of_client(std::string_view client) const;

 private:
  Status add(const KeycloakItem& item, const std::string& client, MigrationReport& report);
  void read_composites(const KeycloakItem& item, std::size_t role);
  Status read_groups(const std::vector<KeycloakItem>& items, std::size_t parent, MigrationReport& report);
  Status require_room(std::size_t more);

  std::vector<std::string> names_;
  std::vector<KeycloakRoleId> ids_;
  std::map<KeycloakRoleId, std::size_t> numbers_;
  std::vector<std::set<std::size_t>> parts_;  ///< what each composite is made of
  std::vector<Group> groups_;
  std::map<std::string, std::size_t, std::less<>> group_numbers_;
  std::size_t spent_ = 0;  ///< of the work that resolving may be
};

/// What protocol mappers come to: fields of a client, and attributes that its users need for them.
struct KeycloakClaims {
  std::vector<model::CustomField> claims;
  std::vector<model::CustomField> response_fields;
  std::vector<std::string> audience;
  bool audience_by_roles = false;
};

/// Where the attributes come from that a claim reads here and a property, group or other attribute fills there.
struct KeycloakAttributeSources {
  std::map<std::string, std::string> copies;      ///< our attribute -> Keycloak's
  std::map<std::string, std::string> properties;  ///< our attribute -> "username", "email", "firstName", "lastName"
  std::map<std::string, bool> groups;             ///< our attribute -> whether by full path
};

/// Reads the protocol mappers of a client or client scope, `owner` being its name for people.
KeycloakClaims read_mappers(const KeycloakItem& item, const std::string& owner, KeycloakAttributeSources& sources, MigrationReport& report);
/// Adds what is not there yet. A claim that two mappers write is the later one's.
void merge(KeycloakClaims& into, const KeycloakClaims& from);

struct KeycloakScope {
  bool in_token = true;
  KeycloakClaims claims;
  bool has_claims() const { return !claims.claims.empty() || !claims.response_fields.empty() || !claims.audience.empty(); }
};

struct KeycloakScopes {
  std::map<std::string, KeycloakScope, std::less<>> all;
  std::vector<std::string> defaults;  ///< of clients that name none of their own
  std::vector<std::string> optionals;
};

Result<KeycloakScopes> read_keycloak_scopes(const KeycloakItem& root, model::RealmPolicy& policy, KeycloakAttributeSources& sources,
                                            MigrationReport& report);

/// What the realm decides for its clients.
struct KeycloakLifetimes {
  std::int64_t access_s = 300;
  std::int64_t idle_s = 1'800;
  std::int64_t max_s = 36'000;
  bool rotates = false;
  bool forgives_reuse = false;
};

KeycloakLifetimes read_keycloak_settings(const KeycloakItem& root, model::Realm& realm, MigrationReport& report);

/// What is known of the realm before its clients and users are read.
struct KeycloakContext {
  const KeycloakItem& root;
  const KeycloakLifetimes& lifetimes;
  const KeycloakScopes& scopes;
  const std::set<std::string>& chosen;  ///< the ids of the clients that are carried
  KeycloakRoles& roles;
  KeycloakAttributeSources& sources;
};

/// The ids of clients that are carried: not Keycloak's own consoles, not SAML's. Errors: config_invalid for one that stands there twice.
Result<std::set<std::string>> choose_keycloak_clients(const KeycloakItem& root, MigrationReport& report);
Status read_keycloak_clients(const KeycloakContext& context, KeycloakImport& import);
/// Limits what clients without full scope may pass on, by permissions of the roles.
Status restrict_scopes(const KeycloakContext& context, KeycloakImport& import);
Status read_keycloak_users(const KeycloakContext& context, KeycloakImport& import);

}  // namespace tessera::admin
