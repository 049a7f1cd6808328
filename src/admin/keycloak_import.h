// A realm export of Keycloak, turned into what `apply` declares and the credentials that go with it. The shape of the export is that of
// Keycloak's RealmRepresentation (26.x; older ones as far as they are alike).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/foreign_credentials.h"
#include "admin/migration_report.h"
#include "base/result.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/user.h"

namespace tessera::admin {

inline constexpr std::size_t kKeycloakBytesMax = 64UL * 1024 * 1024;

struct KeycloakImport {
  model::Realm realm;
  std::vector<model::Client> clients;
  std::vector<model::User> users;  ///< each with the `sub` that it had
  std::vector<ForeignPassword> passwords;
  std::vector<ForeignSecret> secrets;
  MigrationReport report;

  /// As realm files, whole: the first holds the realm, its roles and clients, each that follows some of its users.
  std::vector<std::string> files() const;
  /// The same as one file.
  std::string file() const;
};

/// Reads the text of one realm's export. `realm_name` "" keeps the export's own. What can't be carried is in the report; a file that is no
/// export, says one thing twice, or is beyond the limits is refused whole.
/// Errors: config_invalid with "FILE: where: what is wrong"; never with a value that may be secret.
Result<KeycloakImport> read_keycloak_realm(std::string_view text, const std::string& file, std::string_view realm_name);

}  // namespace tessera::admin
