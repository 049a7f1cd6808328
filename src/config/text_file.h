// Files that operators write, read whole.
#pragma once

#include <string>

#include "base/result.h"

namespace tessera::config {

/// A file, or what else can be read to its end (a pipe), of at most `bytes_max` bytes of UTF-8.
/// Errors: config_invalid with "FILE: what is wrong; what to do", and with "FILE:LINE" where the text is no UTF-8.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max = 16UL * 1024 * 1024);

}  // namespace tessera::config
