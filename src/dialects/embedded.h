// The dialect files of this folder, as the build put them into the binary.
#pragma once

#include <span>
#include <string_view>

namespace tessera::dialects {

struct EmbeddedDialect {
  std::string_view file;
  std::string_view toml;
};

std::span<const EmbeddedDialect> embedded_dialects();

}  // namespace tessera::dialects
