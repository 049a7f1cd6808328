// What a server is made of.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/lanes.h"
#include "http/limits.h"
#include "http/message.h"

namespace tessera::http {

struct Listener {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6, numeric
  std::uint16_t port = 0;             ///< 0: a free one
  std::string unix_path;              ///< instead of address and port: a Unix-domain socket of mode 0600
  std::string tls_certificate;        ///< PEM chain; "" for plain HTTP
  std::string tls_key;
};

struct ServerOptions {
  std::vector<Listener> listeners;
  int threads = 0;                                                ///< io threads; 0: one a core
  PoolSize pool{.threads = 4, .queue = 1'024, .per_key = 1'024};  ///< Lane::pool
  PoolSize hash{.threads = 1, .queue = 64, .per_key = 16};        ///< Lane::hash
  PoolSize reserved{.threads = 1, .queue = 256, .per_key = 256};  ///< requests that must get through when the other pools are full
  Limits limits;
  Timeouts timeouts;
  /// Requests for the reserved pool (revocation, administration). Asked only when a request has to wait. Called on io threads.
  std::function<bool(const Request&)> is_reserved = [](const Request&) { return false; };
  /// Whose turn a request takes on a pool: realm and address prefix. Called as above.
  std::function<std::string(const Request&)> fairness_key = [](const Request& request) { return std::string(request.remote_address); };
};

}  // namespace tessera::http
