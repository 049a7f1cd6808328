#include "store/lineage_names.h"

#include "store/sql_rows.h"

namespace tessera::store {
namespace {

constexpr std::size_t kNamesKept = 65'536;
constexpr std::array<std::string_view, 4> kStatements{
    "select handle, realm from client where id = :id", "select handle, 0 from client_secret where id = :id",
    "select handle, 0 from account where id = :id", "select handle, 0 from consent where id = :id"};

}  // namespace

LineageNames::LineageNames() {
  for (Known& known : known_) known.names.set_capacity(kNamesKept);
}

Result<LineageNames::Name> LineageNames::find(Connection& connection, Table table, std::int64_t id) {
  if (id == 0) return Name{};
  const auto place = static_cast<std::size_t>(table);
  Known& known = known_[place];
  {
    const std::lock_guard lock(known.mutex);
    if (const Name* const name = known.names.find(id)) return *name;
  }
  const auto name = TRY(select_one<Name>(connection, kStatements[place], {{"id", id}},
                                         [](const Row& row) -> Result<Name> { return Name{row.handle(0), row.int64(1)}; }));
  const std::lock_guard lock(known.mutex);
  return known.names.put(id, name);
}

}  // namespace tessera::store
