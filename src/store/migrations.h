#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/db.h"

namespace tessera::store {

/// One file of migrations/, embedded when Tessera is built.
struct Migration {
  int version;
  std::string_view sql;
};

/// In order, from 1, without gaps.
std::span<const Migration> migrations();

/// Brings the database to this build's schema, in one transaction. Errors: config_invalid when a newer Tessera has written it.
Status migrate(Db& db);

}  // namespace tessera::store
