// What a server is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http/lanes.h"
#include "http/limits.h"
#include "http/tls.h"

namespace tessera::http {

struct Listener {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6, numeric
  std::uint16_t port = 0;             ///< 0: a free one
  std::string unix_path;              ///< instead of address and port: a Unix-domain socket of mode 0600
  TlsFiles tls;
};

struct ServerOptions {
  std::vector<Listener> listeners;
  int threads = 0;                                               ///< io threads; 0: one a core
  PoolSize pool{.threads = 4, .queue = 1'024, .per_key = 256};   ///< Lane::pool
  PoolSize hash{.threads = 1, .queue = 64, .per_key = 16};       ///< Lane::hash
  PoolSize reserved{.threads = 1, .queue = 256, .per_key = 64};  ///< urgent requests of Lane::pool
  std::size_t paused = 256;                                      ///< requests of one io thread that may wait for the store without a worker
  Limits limits;
  Timeouts timeouts;
};

}  // namespace tessera::http
