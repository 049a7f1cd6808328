#include "http/tls.h"

#include <openssl/err.h>

#include <string_view>

namespace tessera::http {
namespace {

// Forward secrecy and AEAD only (RFC 9325, 4.2). TLS 1.3 has no other kind.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char kProtocol[] = "\x08http/1.1";
constexpr unsigned char kSessionContext[] = "tessera";

std::string openssl_error() {
  std::string text(256, '\0');
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  text.resize(text.find('\0'));
  return text;
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered, unsigned offered_length,
                    void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_length, kProtocol, sizeof kProtocol - 1, offered, offered_length);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, 3.2
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kTls12Ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record in one read instead of two
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets carry the state; the server keeps none
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> TlsContext::read(const TlsFiles& files) {
  const auto& [certificate, key] = files;
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return fail(Reason::internal, openssl_error());
  configure(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return fail(Reason::config_invalid, certificate + " is no PEM certificate chain: " + openssl_error());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Reason::config_invalid, key + " is no PEM private key of the certificate: " + openssl_error());
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return fail(Reason::config_invalid, key + " does not belong to " + certificate + ": " + openssl_error());
  return context;
}

void TlsContext::take_over(std::shared_ptr<SSL_CTX> fresh) {
  const std::lock_guard lock(mutex_);
  context_.swap(fresh);
}

SslPtr TlsContext::accept(int fd) const {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  SslPtr ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace tessera::http
