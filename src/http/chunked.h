// The chunked transfer coding (RFC 9112, 7.1), without extensions and trailers: nobody needs them, and readers differ about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/wiped_bytes.h"
#include "http/head.h"

namespace tessera::http {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  /// Takes what it can use off `input` and appends the body's bytes to `body`. What follows the last chunk stays in `input`.
  /// A refusal ends the connection.
  std::optional<Refusal> feed(std::string_view& input, base::WipedBytes& body);
  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t { size, size_end, data, data_cr, data_lf, last_cr, last_lf, done };

  std::optional<Refusal> step(char c, std::size_t body_bytes);
  std::optional<Refusal> add_digit(char c, std::size_t body_bytes);

  std::size_t body_bytes_max_;
  State state_ = State::size;
  std::size_t remaining_ = 0;  ///< of the chunk
  int digits_ = 0;
};

}  // namespace tessera::http
