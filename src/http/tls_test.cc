#include "http/tls.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "http/server.h"
#include "http/test_client.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tessera::http {
namespace {

struct FileClose {
  void operator()(FILE* file) const { std::fclose(file); }
};

/// Writes a fresh key and a self-signed certificate for `name`.
void write_certificate(const std::string& folder, const std::string& name) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_sign(certificate, key, EVP_sha256());
  const std::unique_ptr<FILE, FileClose> certificate_file(std::fopen((folder + "/cert.pem").c_str(), "w"));
  PEM_write_X509(certificate_file.get(), certificate);
  const std::unique_ptr<FILE, FileClose> key_file(std::fopen((folder + "/key.pem").c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/// A TLS client over a TestClient's socket.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version = 0, std::string_view protocols = "")
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_, version);
    ssl_.reset(SSL_new(context_));
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()), static_cast<unsigned>(protocols.size()));
    SSL_set_fd(ssl_.get(), socket_.fd());
  }
  ~TlsClient() {
    ssl_.reset();
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  SSL* ssl() { return ssl_.get(); }
  bool connect() { return SSL_connect(ssl_.get()) == 1; }
  std::string ask(std::string_view request) {
    SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
    std::string text;
    char buffer[4096];
    while (!text.ends_with("!")) {  // the handler's last byte
      const int size = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (size <= 0) break;
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }
  std::string server_name() {
    X509* certificate = SSL_get1_peer_certificate(ssl_.get());
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }

 private:
  TestClient socket_;
  SSL_CTX* context_;
  SslPtr ssl_;
};

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "tls-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    write_certificate(folder_, "first");
    options_.threads = 1;
    options_.listeners.push_back({.tls = files_in(folder_)});
    const auto handler = [](const Request& request, const Turn&) {
      return Response{.body = (request.tls ? "tls " : "plain ") + std::string(request.body) + "!"};
    };
    server_.emplace(options_, handler, clock_, log_, metrics_);
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  static TlsFiles files_in(const std::string& folder) { return {.certificate = folder + "/cert.pem", .key = folder + "/key.pem"}; }
  Status reload() { return server_->reload_tls({files_in(folder_)}); }
  std::uint16_t port() const { return server_->bound_port(0); }

  base::SystemClock clock_;
  observe::Log log_{observe::LogLevel::error, observe::LogFormat::text};
  observe::Metrics metrics_;
  ServerOptions options_;
  std::string folder_;
  std::optional<Server> server_;
};

TEST_F(TlsTest, AnswersOverTls12And13) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port(), version);
    ASSERT_TRUE(client.connect());
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_TRUE(client.ask(post("/", "hello")).ends_with("\r\n\r\ntls hello!"));
    EXPECT_TRUE(client.ask(get("/")).ends_with("\r\n\r\ntls !")) << "kept alive";
  }
}

TEST_F(TlsTest, RefusesOlderVersions) { EXPECT_FALSE(TlsClient(port(), TLS1_1_VERSION).connect()); }

TEST_F(TlsTest, TakesABodyOfManyRecords) {
  TlsClient client(port());
  ASSERT_TRUE(client.connect());
  EXPECT_TRUE(client.ask(post("/", std::string(65'536, 'x'))).ends_with("xxx!"));
}

TEST_F(TlsTest, NegotiatesHttp11AndNothingElse) {
  TlsClient both(port(), 0, "\x02h2\x08http/1.1");
  ASSERT_TRUE(both.connect());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  EXPECT_FALSE(TlsClient(port(), 0, "\x02h2").connect());
}

TEST_F(TlsTest, ResumesSessionsByTicket) {
  TlsClient first(port(), TLS1_2_VERSION);
  ASSERT_TRUE(first.connect());
  TlsClient second(port(), TLS1_2_VERSION);
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  EXPECT_EQ(SSL_SESSION_has_ticket(session), 1);
  SSL_set_session(second.ssl(), session);
  SSL_SESSION_free(session);
  ASSERT_TRUE(second.connect());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 1);
}

TEST_F(TlsTest, DropsPlainTextAndGoesOn) {
  TestClient plain(port());
  plain.send(get("/"));
  EXPECT_EQ(plain.read().status, 0);
  EXPECT_TRUE(TlsClient(port()).connect());
}

TEST_F(TlsTest, ReloadsItsCertificateUnderOpenConnections) {
  TlsClient open(port());
  ASSERT_TRUE(open.connect());
  write_certificate(folder_, "second");
  ASSERT_TRUE(reload());
  TlsClient fresh(port());
  ASSERT_TRUE(fresh.connect());
  EXPECT_EQ(fresh.server_name(), "second");
  EXPECT_TRUE(open.ask(get("/")).ends_with("tls !"));
  EXPECT_EQ(open.server_name(), "first");
}

// Case 95 of the security rules.
TEST_F(TlsTest, ABadCertificateKeepsTheOldOne) {
  const std::string old_key = folder_ + "/old.pem";
  std::filesystem::copy_file(folder_ + "/key.pem", old_key);
  write_certificate(folder_, "second");
  std::filesystem::copy_file(old_key, folder_ + "/key.pem", std::filesystem::copy_options::overwrite_existing);
  const Status mismatched = reload();
  ASSERT_FALSE(mismatched);
  EXPECT_EQ(mismatched.error().reason, Reason::config_invalid);
  std::ofstream(folder_ + "/cert.pem") << "no certificate";
  const Status unreadable = reload();
  ASSERT_FALSE(unreadable);
  EXPECT_NE(unreadable.error().context.find("cert.pem"), std::string::npos);
  TlsClient client(port());
  ASSERT_TRUE(client.connect());
  EXPECT_EQ(client.server_name(), "first");
}

TEST_F(TlsTest, ReloadTakesOtherFiles) {
  const std::string other = folder_ + "/other";
  std::filesystem::create_directory(other);
  write_certificate(other, "other");
  std::filesystem::remove(folder_ + "/cert.pem");
  ASSERT_TRUE(server_->reload_tls({files_in(other)}));
  TlsClient client(port());
  ASSERT_TRUE(client.connect());
  EXPECT_EQ(client.server_name(), "other");
}

TEST_F(TlsTest, StartRefusesAMissingCertificate) {
  options_.listeners[0].tls.certificate = folder_ + "/missing.pem";
  Server server(options_, [](const Request&, const Turn&) { return Response{}; }, clock_, log_, metrics_);
  const Status refused = server.start();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("missing.pem"), std::string::npos);
}

}  // namespace
}  // namespace tessera::http
