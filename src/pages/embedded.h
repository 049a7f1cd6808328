#pragma once

#include "base/embedded_file.h"

namespace tessera::pages {

/// The files of templates/ and assets/.
std::span<const base::EmbeddedFile> embedded_files();

}  // namespace tessera::pages
