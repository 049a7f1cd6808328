#pragma once

#include <span>
#include <string_view>

namespace tessera::base {

/// A file of the source tree that the build put into the binary (cmake/embed.cmake). A part that has some declares its embedded_files().
struct EmbeddedFile {
  std::string_view name;  ///< without its folders
  std::string_view text;
};

}  // namespace tessera::base
