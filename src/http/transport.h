// Bytes over a socket, plain or through TLS: never blocks, never throws.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/tls.h"

namespace tessera::http {

enum class IoState : std::uint8_t { done, want_read, want_write, closed };

struct IoResult {
  IoState state = IoState::done;
  std::size_t bytes = 0;
};

/// Does not own the socket.
class Transport {
 public:
  Transport(int fd, SslPtr ssl) : fd_(fd), ssl_(std::move(ssl)) {}

  bool is_tls() const { return ssl_ != nullptr; }
  IoResult handshake();
  IoResult read(std::span<char> into);
  IoResult write(std::string_view bytes);
  /// TLS has read more from the socket than was taken: waiting for the socket would miss it.
  bool has_buffered() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }
  /// Tells the peer that nothing more comes.
  void close_write();

 private:
  IoResult tls_result(int result);

  int fd_;
  SslPtr ssl_;
};

}  // namespace tessera::http
