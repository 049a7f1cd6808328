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

/// Answers a request, or names the lane that it must be run again on. On a worker's lane it always answers.
using Handler = std::function<std::expected<Response, Lane>(const Request& request, const Turn& turn)>;

}  // namespace tessera::http
