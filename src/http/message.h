// A request as read and a response as written.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace tessera::http {

using Header = std::pair<std::string_view, std::string_view>;

/// One request, whole and within limits. Views live until the response is returned. Header names compare without case.
struct Request {
  std::string_view method;
  std::string_view target;  ///< as sent: path and query
  std::string_view path;
  std::string_view query;  ///< without '?'
  std::vector<Header> headers;
  std::string_view body;
  std::string_view remote_address;
  bool tls = false;
  int minor_version = 1;  ///< HTTP/1.x
  std::string request_id;

  /// The header's value; nothing when absent. `count` tells how often it was given.
  std::optional<std::string_view> header(std::string_view name) const;
  int count(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Content-Length, Date, Connection and X-Request-Id are the server's
  std::string body;
};

/// What a request that can't be answered on its lane needs: where it is run again, and its place among those that wait there.
struct Detour {
  Lane lane = Lane::pool;
  bool urgent = false;       ///< to the reserved pool, for what must get through when the others are full; not for hashing
  bool is_lookup = false;    ///< of a client that is not in memory, and may not exist
  std::string fairness_key;  ///< whose turn it takes: of two keys, neither waits for all of the other's requests
};

/// Answers a request, or says where it must be run again. On the last lane it always answers.
using Handler = std::function<std::expected<Response, Detour>(const Request& request, const Turn& turn)>;

}  // namespace tessera::http
