// TLS 1.2 and 1.3 for a listener.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace tessera::http {

struct SslDelete {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDelete>;

/// A PEM chain, the server's own certificate first, and its key.
struct TlsFiles {
  std::string certificate;  ///< "" for plain HTTP
  std::string key;
};

/// A certificate that can be replaced while connections live. Safe from any thread.
class TlsContext {
 public:
  explicit TlsContext(std::shared_ptr<SSL_CTX> context) : context_(std::move(context)) {}

  /// Only reads: several listeners take their new certificates over together or not at all. Errors: config_invalid, with the file and what
  /// is wrong with it.
  static Result<std::shared_ptr<SSL_CTX>> read(const TlsFiles& files);
  /// Connections that are open keep the old certificate.
  void take_over(std::shared_ptr<SSL_CTX> fresh);
  /// The server's side of a new connection over `fd`, a non-blocking socket that stays the caller's.
  SslPtr accept(int fd) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace tessera::http
