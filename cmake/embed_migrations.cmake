# Writes the files of src/store/migrations into one .cc, so that the binary needs no files beside it.
set(migration_rows "")
file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/store/migrations/*.sql)
list(SORT migration_files)
foreach(migration_file ${migration_files})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${migration_file})
  get_filename_component(migration_name ${migration_file} NAME)
  string(REGEX MATCH "^0*([1-9][0-9]*)_" _ ${migration_name})
  file(READ ${migration_file} migration_sql)
  string(APPEND migration_rows "    {${CMAKE_MATCH_1}, R\"sql(${migration_sql})sql\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/migrations_embedded.cc @ONLY CONTENT [[
#include "store/migrations.h"

namespace tessera::store {

std::span<const Migration> migrations() {
  static constexpr Migration kMigrations[] = {
@migration_rows@  };
  return kMigrations;
}

}  // namespace tessera::store
]])
target_sources(tessera_store PRIVATE ${CMAKE_BINARY_DIR}/generated/migrations_embedded.cc)
