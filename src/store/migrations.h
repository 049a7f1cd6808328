#pragma once

#include "base/embedded_file.h"
#include "base/result.h"
#include "store/db.h"

namespace tessera::store {

/// The files of migrations/: the first makes schema 1 of an empty database, each other the next of the one before.
std::span<const base::EmbeddedFile> embedded_files();

/// Errors: config_invalid when a newer Tessera has written it.
Status require_known_schema(std::int64_t version);
/// Brings the database to this build's schema, in one transaction. Errors: config_invalid when a newer Tessera has written it.
Status migrate(Db& db);

}  // namespace tessera::store
