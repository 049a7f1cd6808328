// Responses as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace tessera::http {

/// What the server adds to a response.
struct ResponseFrame {
  std::string_view request_id;
  std::string_view date_line;  ///< "Date: ...\r\n"
  bool keep_alive = true;
  int minor_version = 1;   ///< the request's
  bool head_only = false;  ///< the request was HEAD
};

/// Appends the whole response to `out`. False, with nothing appended, when a header or the status can't be written as it is: a CR or LF in
/// a value never splits a header.
bool append_response(std::string& out, const Response& response, const ResponseFrame& frame);

/// A response of the server itself: {"error":...,"error_description":...}. `description` is our own text and needs no escaping.
Response error_response(int status, std::string_view description);

/// The Date field, made once a second.
class DateLine {
 public:
  std::string_view at(TimePoint now);

 private:
  std::int64_t second_ = -1;
  std::string line_;
};

}  // namespace tessera::http
