// The files of templates/ and assets/, as the build put them into the binary.
#pragma once

#include <span>
#include <string_view>

namespace tessera::pages {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace tessera::pages
