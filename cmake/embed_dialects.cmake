# Writes src/dialects/*.toml into one .cc, so that the binary needs no files beside it.
set(dialect_rows "")
file(GLOB dialect_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/dialects/*.toml)
list(SORT dialect_files)
foreach(dialect_file ${dialect_files})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dialect_file})
  get_filename_component(dialect_name ${dialect_file} NAME)
  file(READ ${dialect_file} dialect_toml)
  string(APPEND dialect_rows "    {\"${dialect_name}\", R\"toml(${dialect_toml})toml\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/dialects_embedded.cc @ONLY CONTENT [[
#include "dialects/embedded.h"

namespace tessera::dialects {

std::span<const EmbeddedDialect> embedded_dialects() {
  static constexpr EmbeddedDialect kDialects[] = {
@dialect_rows@  };
  return kDialects;
}

}  // namespace tessera::dialects
]])
target_sources(tessera_dialects PRIVATE ${CMAKE_BINARY_DIR}/generated/dialects_embedded.cc)
