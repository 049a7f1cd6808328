// `tessera import`: from another system's file to a request, and what came of it.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "admin/keycloak_import.h"
#include "base/result.h"

namespace tessera::cli {

/// Reads the export. Errors: config_invalid with "FILE: where: what is wrong".
Result<admin::KeycloakImport> read_keycloak_file(const std::string& file, const std::string& realm_name);

/// The request that carries it out, or with `dry_run` only says what it would change.
boost::json::object make_import_request(const admin::KeycloakImport& import, bool dry_run);

/// Writes a file that only its owner can read: users stand in it. Errors: config_invalid with "FILE: why".
Status write_private_file(const std::string& path, const std::string& text);

/// The plan, and the report that stands in the result's `report`.
std::string render_import(const boost::json::value& result, bool color);

}  // namespace tessera::cli
