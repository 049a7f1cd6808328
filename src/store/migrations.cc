#include "store/migrations.h"

#include <fmt/format.h>

namespace tessera::store {

Status require_known_schema(std::int64_t version) {
  const auto newest = static_cast<std::int64_t>(embedded_files().size());
  if (version <= newest) return {};
  return fail(Reason::config_invalid,
              fmt::format("the database has schema {}, this Tessera knows {}: run the newer Tessera that wrote it", version, newest));
}

Status migrate(Db& db) {
  return db.write(Lane::pool, [](Connection& connection) -> Status {
    TRY(
        connection.run_script("create table if not exists meta (one {int64} primary key, schema_version {int64} not null, "
                              "epoch {int64} not null, last_id {int64} not null) {strict};"));
    TRY(connection.execute("insert into meta (one, schema_version, epoch, last_id) values (1, 0, 1, 0) on conflict (one) do nothing", {}));
    // An update, not a select: it locks the row, so that two nodes that start together migrate one after the other.
    std::int64_t version = 0;
    TRY(connection.execute("update meta set schema_version = schema_version where one = 1 returning schema_version", {},
                           [&](const Row& row) { version = row.int64(0); }));
    // On many rows: a migration that a timeout ends never comes to its end.
    TRY(connection.run_script("{take long}"));
    const auto files = embedded_files();
    const auto newest = static_cast<std::int64_t>(files.size());
    TRY(require_known_schema(version));
    for (std::int64_t at = version; at < newest; ++at) TRY(connection.run_script(files[static_cast<std::size_t>(at)].text));
    if (version < newest) TRY(connection.execute("update meta set schema_version = :version where one = 1", {{"version", newest}}));
    return {};
  });
}

}  // namespace tessera::store
