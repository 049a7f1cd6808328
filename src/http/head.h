// Reads the head of a request (RFC 9112, 2 to 7). Strict: what two readers could take differently is refused, never repaired.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/limits.h"
#include "http/message.h"

namespace tessera::http {

/// A head as read. Views into the scanned text. Meant to be reused: `fields` keeps its capacity.
struct Head {
  std::string_view method;
  std::string_view target;  ///< origin form: begins with '/'
  int minor_version = 1;    ///< HTTP/1.x
  std::vector<Header> fields;
  std::size_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Why a request can't be read: the answer's status, and one line that says what is wrong.
struct Refusal {
  int status = 400;
  std::string_view description;
};

/// Finds the end of a head that comes in pieces, looking at each byte once.
class HeadEnd {
 public:
  /// Where the body begins in `text`, all that has come so far; nothing while the head goes on.
  std::optional<std::size_t> find(std::string_view text);
  void reset() { seen_ = 0; }

 private:
  std::size_t seen_ = 0;
};

/// Scans `text`, a head up to and with its empty line. Nothing when it is sound; `head` is then whole.
std::optional<Refusal> scan_head(std::string_view text, const Limits& limits, Head& head);

/// The refusal of a head that is over its limit before it ends.
Refusal refuse_endless_head(std::string_view text, const Limits& limits);

}  // namespace tessera::http
