#pragma once

#include <cstdint>
#include <span>

#include "base/secret.h"

namespace tessera::base {

/// Fills `out` from OpenSSL's CSPRNG, through a small per-thread buffer that is wiped as it is handed out.
/// Aborts when the system has no entropy: no caller can go on without it.
void random_bytes(std::span<std::uint8_t> out);
/// As many of them, for a key.
Secret random_secret(std::size_t bytes);

}  // namespace tessera::base
