#include "http/connection.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <deque>
#include <optional>
#include <semaphore>
#include <thread>

#include "http/server.h"
#include "http/test_client.h"

// The sanitizers' allocator, where there is one: the C library's figures say nothing then.
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace tessera::http {
namespace {

std::size_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
}

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    options_.listeners.emplace_back();
    options_.threads = 1;
  }
  void start() {
    server_.emplace(options_, [this](const Request& request, const Turn&) { return answer(request); }, clock_, log_, metrics_);
    const Status started = server_->start();
    ASSERT_TRUE(started) << started.error().context;
  }
  std::uint16_t port() const { return server_->bound_port(0); }

  /// Says what it got; /hold keeps the connections' thread until it is let go.
  Response answer(const Request& request) {
    if (request.path == "/hold") {
      held_.release();
      go_.acquire();
    }
    return {.body = std::string(request.method) + " " + std::string(request.target) + " " +
                    std::string(request.header("X-Kept").value_or("")) + " " + std::to_string(request.body.size())};
  }

  base::SystemClock clock_;
  observe::Log log_{observe::LogLevel::error, observe::LogFormat::text};
  observe::Metrics metrics_;
  ServerOptions options_;
  std::binary_semaphore held_{0};
  std::binary_semaphore go_{0};
  std::optional<Server> server_;  // last: ends before what its handler uses
};

constexpr std::size_t kHeld = 200;
constexpr std::size_t kLarge = 65'000;

TEST_F(ConnectionTest, TakesNoMemoryForABodyThatDoesNotCome) {
  start();
  std::deque<TestClient> held;
  for (std::size_t i = 0; i < kHeld; ++i) held.emplace_back(port());
  for (TestClient& client : held) ASSERT_EQ(client.ask(get("/")).status, 200);
  const std::size_t before = allocated_bytes();
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(kLarge) + "\r\n\r\n";
  for (TestClient& client : held) ASSERT_EQ(client.ask(head).status, 100) << "so its head was read";
  EXPECT_LT(allocated_bytes(), before + kHeld * kLarge / 10);
}

TEST_F(ConnectionTest, GivesTheMemoryOfALargeRequestBack) {
  start();
  std::deque<TestClient> held;
  for (std::size_t i = 0; i < kHeld; ++i) held.emplace_back(port());
  for (TestClient& client : held) ASSERT_EQ(client.ask(get("/")).status, 200);
  const std::size_t before = allocated_bytes();
  const std::string body(kLarge, 'x');
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfde8\r\n" + body + "\r\n0\r\n\r\n";
  for (TestClient& client : held) {
    ASSERT_EQ(client.ask(post("/", body)).status, 200);
    ASSERT_EQ(client.ask(chunked).body, "POST /  " + std::to_string(kLarge));
    ASSERT_EQ(client.ask(get("/")).status, 200) << "the buffers of the request before were looked through";
  }
  EXPECT_LT(allocated_bytes(), before + kHeld * kLarge / 10);
}

TEST_F(ConnectionTest, TheHeadIsReadableAfterTheBufferGrew) {
  start();
  TestClient client(port());
  const std::string kept(300, 'k');
  for (const std::size_t size : {3'000UL, 4'096UL, 8'192UL, kLarge}) {
    const std::string request = post("/path?query", std::string(size, 'x'), "Expect: 100-continue\r\nX-Kept: " + kept + "\r\n");
    const std::size_t head_size = request.size() - size;
    ASSERT_EQ(client.ask(request.substr(0, head_size)).status, 100) << "so its head was read before the buffer grew";
    EXPECT_EQ(client.ask(request.substr(head_size)).body, "POST /path?query " + kept + " " + std::to_string(size));
  }
}

TEST_F(ConnectionTest, WhatIsPipelinedBehindALargeRequestIsNotLost) {
  start();
  TestClient client(port());
  client.send(post("/first", std::string(kLarge, 'x')) + get("/second", "X-Kept: yes\r\n") + post("/third", std::string(5'000, 'y')));
  EXPECT_EQ(client.read().body, "POST /first  65000");
  EXPECT_EQ(client.read().body, "GET /second yes 0");
  EXPECT_EQ(client.read().body, "POST /third  5000");
}

TEST_F(ConnectionTest, LargeRequestsThatAreHeldHaveABoundOverAll) {
  options_.limits.large_buffers_bytes = 150'000;
  start();
  const std::string whole = post("/", std::string(kLarge, 'x'));
  const std::string half = whole.substr(0, whole.size() - 1);
  std::deque<TestClient> held;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(held.emplace_back(port()).send(half));
  TestClient third(port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(third.ask(get("/")).status, 200) << "a small request needs no room";
  TestClient fourth(port());
  fourth.send(half);
  EXPECT_EQ(fourth.read().status, 503);
  for (TestClient& client : held) EXPECT_EQ(client.ask(whole.substr(whole.size() - 1)).status, 200);
  EXPECT_EQ(third.ask(whole).status, 200) << "the room is free again";
}

TEST_F(ConnectionTest, AStopAnswersWhatWasSentBeforeIt) {
  start();
  TestClient kept(port());
  ASSERT_EQ(kept.ask(get("/")).status, 200);
  TestClient fresh(port());
  while (server_->open_connections() < 2) std::this_thread::yield();
  TestClient busy(port());
  busy.send(get("/hold"));
  held_.acquire();
  TestClient waiting(port());  // not accepted: the thread is held
  for (const TestClient* client : {&kept, &fresh, &waiting}) ASSERT_TRUE(client->send(get("/")));
  std::thread stopper([this] { server_->stop(std::chrono::seconds{20}); });
  std::this_thread::sleep_for(std::chrono::milliseconds{50});  // so that the stop is what the thread does next
  go_.release();
  EXPECT_EQ(busy.read().status, 200);
  for (TestClient* client : {&kept, &fresh, &waiting}) {
    const Answer answer = client->read();
    EXPECT_TRUE(answer.status == 200 || answer.status == 503) << answer.status;
    EXPECT_EQ(answer.field("Connection"), "close");
  }
  stopper.join();
  EXPECT_EQ(server_->open_connections(), 0U);
}

}  // namespace
}  // namespace tessera::http
