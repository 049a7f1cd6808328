// What a client may send and how long it may take. Checked before anything is allocated for it.
#pragma once

#include <chrono>
#include <cstddef>

namespace tessera::http {

struct Limits {
  std::size_t head_bytes = 16'384;                                   ///< request line and fields: 431
  std::size_t fields = 100;                                          ///< 431
  std::size_t target_bytes = 8'192;                                  ///< 414
  std::size_t body_bytes = 65'536;                                   ///< 413
  std::size_t connections = 20'000;                                  ///< open at once over all threads; the newest is refused
  std::size_t large_buffers_bytes = std::size_t{128} * 1024 * 1024;  ///< of all that hold more than one buffer's 4 KiB; beyond: 503
};

/// A connection that is slower is cut, whatever it sent meanwhile.
struct Timeouts {
  std::chrono::milliseconds head{10'000};  ///< from its first byte (TLS handshake: from the connection) to its end
  std::chrono::milliseconds body{10'000};
  std::chrono::milliseconds write{10'000};
  std::chrono::milliseconds idle{75'000};  ///< between requests
};

struct FormLimits {
  std::size_t parameters = 64;
};

}  // namespace tessera::http
