// Files that operators write, read whole.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tessera::config {

/// What a command is given may be a pipe; what a server reads again may not, for it would wait on it.
enum class Pipes : std::uint8_t { refused, read };

/// A file of at most `bytes_max` bytes of UTF-8.
/// Errors: config_invalid with "FILE: what is wrong; what to do", and with "FILE:LINE" where the text is no UTF-8.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max = 16UL * 1024 * 1024, Pipes pipes = Pipes::refused);

}  // namespace tessera::config
