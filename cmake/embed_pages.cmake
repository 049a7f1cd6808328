# Writes the templates, the stylesheet and the script of src/pages into one .cc, so that the binary needs no files beside it.
set(page_rows "")
file(GLOB page_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/pages/templates/*.html ${CMAKE_SOURCE_DIR}/src/pages/assets/*)
list(SORT page_files)
foreach(page_file ${page_files})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page_file})
  get_filename_component(page_name ${page_file} NAME)
  file(READ ${page_file} page_text)
  string(APPEND page_rows "    {\"${page_name}\", R\"page(${page_text})page\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/pages_embedded.cc @ONLY CONTENT [[
#include "pages/embedded.h"

namespace tessera::pages {

std::span<const EmbeddedFile> embedded_files() {
  static constexpr EmbeddedFile kFiles[] = {
@page_rows@  };
  return kFiles;
}

}  // namespace tessera::pages
]])
target_sources(tessera_pages PRIVATE ${CMAKE_BINARY_DIR}/generated/pages_embedded.cc)
