# tessera_embed(PART FILE...): writes the files into one .cc of the part, as its embedded_files(), sorted by name, so that the binary needs
# no files beside it.
function(tessera_embed part)
  set(rows "")
  list(SORT ARGN)
  foreach(path ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    get_filename_component(name ${path} NAME)
    file(READ ${path} text)
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${part}_embedded.cc @ONLY CONTENT [[
#include "base/embedded_file.h"

namespace tessera::@part@ {

std::span<const base::EmbeddedFile> embedded_files();

std::span<const base::EmbeddedFile> embedded_files() {
  static constexpr base::EmbeddedFile kFiles[] = {
@rows@  };
  return kFiles;
}

}  // namespace tessera::@part@
]])
  target_sources(tessera_${part} PRIVATE ${CMAKE_BINARY_DIR}/generated/${part}_embedded.cc)
endfunction()
