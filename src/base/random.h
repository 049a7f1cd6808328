#pragma once

#include <cstdint>
#include <span>

namespace tessera::base {

/// Fills `out` from OpenSSL's CSPRNG, through a small per-thread buffer that is wiped as it is handed out.
/// Aborts when the system has no entropy: no caller can go on without it.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace tessera::base
