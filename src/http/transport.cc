#include "http/transport.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tessera::http {
namespace {

IoResult plain_result(ssize_t result, IoState blocked) {
  if (result > 0) return {IoState::done, static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {blocked};
  return {IoState::closed};
}

template <class Call>
ssize_t restarting(const Call& call) {
  ssize_t result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

int int_size(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

IoResult Transport::handshake() {
  ERR_clear_error();
  return tls_result(SSL_do_handshake(ssl_.get()));
}

IoResult Transport::read(std::span<char> into) {
  if (!ssl_) return plain_result(restarting([&] { return ::recv(fd_, into.data(), into.size(), 0); }), IoState::want_read);
  ERR_clear_error();
  return tls_result(SSL_read(ssl_.get(), into.data(), int_size(into.size())));
}

IoResult Transport::write(std::string_view bytes) {
  if (!ssl_) return plain_result(restarting([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }), IoState::want_write);
  ERR_clear_error();
  return tls_result(SSL_write(ssl_.get(), bytes.data(), int_size(bytes.size())));
}

void Transport::close_write() {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(fd_, SHUT_WR);
}

IoResult Transport::tls_result(int result) {
  if (result > 0) return {IoState::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {IoState::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {IoState::want_write};
    default:
      return {IoState::closed};
  }
}

}  // namespace tessera::http
