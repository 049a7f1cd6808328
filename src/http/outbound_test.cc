#include "http/outbound.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>

#include "http/server.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tessera::http {
namespace {

class OutboundTest : public testing::Test {
 protected:
  OutboundTest() {
    ServerOptions options;
    options.listeners.emplace_back();
    options.threads = 1;
    server_.emplace(std::move(options), [this](const Request& request, const Turn&) { return answer(request); }, clock_, log_, metrics_);
    EXPECT_TRUE(server_->start());
  }

  std::expected<Response, Detour> answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(fmt::format("{} {}?{} {}", request.method, request.path, request.query, request.body));
    if (request.path == "/away") return Response{.status = 307, .headers = {{"Location", url("127.0.0.1", "/there")}}};
    if (request.path == "/large") return Response{.body = std::string(2 << 20, 'x')};
    return Response{.status = 204};
  }
  std::string url(const std::string& host, const std::string& path) const {
    return "http://" + host + ':' + std::to_string(server_->bound_port(0)) + path;
  }
  static Result<OutboundResponse> post(const std::string& url, std::vector<std::string> allow = {"127.0.0.0/8"}) {
    const auto outbound = Outbound::create({.allow = std::move(allow), .ca_file = {}});
    return (*outbound)->post(url, "text/plain", "hello");
  }
  static Reason reason_of(const Result<OutboundResponse>& result) { return result ? Reason::internal : result.error().reason; }

  base::SystemClock clock_;
  observe::Log log_{observe::LogLevel::error, observe::LogFormat::text};
  observe::Metrics metrics_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::optional<Server> server_;
};

TEST_F(OutboundTest, PostsWhatItIsGiven) {
  const auto answer = post(url("localhost", "/hook?a=b%20c"));
  ASSERT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(asked_, std::vector<std::string>{"POST /hook?a=b%20c hello"});
}

TEST_F(OutboundTest, GetsWhatIsThere) {
  const auto outbound = Outbound::create({.allow = {"127.0.0.0/8"}, .ca_file = {}});
  const auto answer = (*outbound)->get(url("127.0.0.1", "/jwks"), "application/json");
  ASSERT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(asked_, std::vector<std::string>{"GET /jwks? "});
  EXPECT_EQ(reason_of((*outbound)->get(url("10.0.0.1", "/jwks"), "application/json")), Reason::outbound_refused);
}

TEST_F(OutboundTest, APrivateAddressIsRefusedHoweverItIsWritten) {
  for (const char* host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"})
    EXPECT_EQ(reason_of(post(url(host, "/"), {})), Reason::outbound_refused) << host;
  EXPECT_EQ(reason_of(post(url("127.0.0.1", "/"), {"10.0.0.0/8"})), Reason::outbound_refused);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(OutboundTest, WhatIsNoWebAddressIsRefused) {
  for (const char* url : {"", "ftp://127.0.0.1/", "http://", "http://user@127.0.0.1/", "//127.0.0.1/", "file:///etc/passwd"})
    EXPECT_EQ(reason_of(post(url)), Reason::outbound_refused) << url;
}

// docs/security.md, case 70.
TEST_F(OutboundTest, ARedirectIsNotFollowed) {
  EXPECT_EQ(post(url("127.0.0.1", "/away"))->status, 307);
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(OutboundTest, AnAnswerBeyondTheLimitIsNone) { EXPECT_EQ(reason_of(post(url("127.0.0.1", "/large"))), Reason::outbound_failed); }

TEST_F(OutboundTest, NobodyThereIsAFailure) {
  server_->stop(std::chrono::milliseconds(0));
  EXPECT_EQ(reason_of(post(url("127.0.0.1", "/"))), Reason::outbound_failed);
}

TEST(Outbound, SettingsThatCantBeReadAreRefused) {
  EXPECT_FALSE(Outbound::create({.allow = {"somewhere"}, .ca_file = {}}));
  EXPECT_FALSE(Outbound::create({.allow = {}, .ca_file = "/nonexistent/ca.pem"}));
}

}  // namespace
}  // namespace tessera::http
