#include "http/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <semaphore>
#include <set>
#include <thread>

#include "http/test_client.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tessera::http {
namespace {

using namespace std::chrono_literals;

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.listeners.emplace_back();
    options_.threads = 1;
    options_.pool = {.threads = 1, .queue = 1, .per_key = 1};
  }
  void start() {
    server_.emplace(options_, [this](const Request& request, const Turn& turn) { return answer(request, turn); }, clock_, log_, metrics_);
    const Status started = server_->start();
    ASSERT_TRUE(started) << started.error().context;
  }
  TestClient client() const { return TestClient(server_->bound_port(0)); }

  ~ServerTest() override {
    gate_.count_down();
    wake_paused();
  }

  /// /echo answers with what it got; /pool and /hash wait for those lanes; /gate waits there until the gate opens; /pause is put aside
  /// until it is woken.
  std::expected<Response, Detour> answer(const Request& request, const Turn& turn) {
    ++handled_;
    Detour detour{.urgent = request.query == "urgent",
                  .is_lookup = request.path == "/lookup",
                  .fairness_key = std::string(request.header("Key").value_or(""))};
    if (request.path == "/gate") {
      if (turn.lane == Lane::io) return std::unexpected(std::move(detour));
      at_gate_.count_down();
      gate_.wait();
    }
    if ((request.path == "/pool" || request.path == "/lookup") && turn.lane == Lane::io) return std::unexpected(std::move(detour));
    if (request.path == "/hash" && turn.lane != Lane::hash) {
      detour.lane = turn.lane == Lane::io ? Lane::pool : Lane::hash;
      return std::unexpected(std::move(detour));
    }
    if (request.path == "/pause" && turn.pause) {
      turn.pause->wait([this, pause = turn.pause] { note_paused(pause); });
    } else if (request.path == "/pause" && turn.lane == Lane::io) {
      return std::unexpected(std::move(detour));
    }
    if (request.path == "/never") return std::unexpected(std::move(detour));
    if (request.path == "/throw") throw std::runtime_error("boom");
    if (request.path == "/split") return Response{.headers = {{"Location", "/a\r\nX-Evil: 1"}}};
    if (request.path == "/large") return Response{.body = std::string(4 << 20, 'x')};
    Response response;
    response.headers.emplace_back("X-Lane", std::to_string(static_cast<int>(turn.lane)));
    response.headers.emplace_back("X-Counted", turn.counted ? "yes" : "no");
    response.headers.emplace_back("X-Peer", std::string(request.remote_address));
    response.body =
        std::string(request.method) + " " + std::string(request.path) + " " + std::string(request.query) + " " + std::string(request.body);
    return response;
  }

  void note_paused(Pause* pause) {
    {
      const std::lock_guard lock(paused_mutex_);
      paused_.push_back(pause);
    }
    at_pause_.release();
  }
  /// Sends a request that is put aside, and waits until it is.
  void put_aside(TestClient& client) {
    client.send(get("/pause"));
    at_pause_.acquire();
  }
  void wake_paused() {
    const std::lock_guard lock(paused_mutex_);
    for (auto* pause : std::exchange(paused_, {})) pause->wake();
  }

  base::SystemClock clock_;
  observe::Log log_{observe::LogLevel::error, observe::LogFormat::text};
  observe::Metrics metrics_;
  ServerOptions options_;
  std::atomic<int> handled_ = 0;
  std::latch at_gate_{1};
  std::latch gate_{1};
  std::mutex paused_mutex_;
  std::vector<Pause*> paused_;
  std::counting_semaphore<> at_pause_{0};
  std::optional<Server> server_;  // last: ends before what its handler uses
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  TestClient c = client();
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const Answer a = c.ask(post("/echo?a=b?c", "body"));
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "POST /echo a=b?c body");
    EXPECT_EQ(a.field("X-Peer"), "127.0.0.1");
    EXPECT_EQ(a.field("Server"), "");
    EXPECT_FALSE(a.field("Date").empty());
    EXPECT_EQ(a.field("X-Request-Id").size(), 22U);
    ids.insert(a.field("X-Request-Id"));
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  TestClient c = client();
  std::string all;
  for (int i = 0; i < 100; ++i) all += i % 3 == 0 ? get("/pool?" + std::to_string(i)) : post("/echo?" + std::to_string(i), "b");
  c.send(all);
  for (int i = 0; i < 100; ++i) {
    const Answer a = c.read();
    ASSERT_EQ(a.status, 200);
    EXPECT_EQ(a.body, i % 3 == 0 ? "GET /pool " + std::to_string(i) + " " : "POST /echo " + std::to_string(i) + " b");
  }
}

TEST_F(ServerTest, TakesARequestInAnyPieces) {
  start();
  TestClient c = client();
  for (const char byte : post("/echo", "body")) c.send({&byte, 1});
  EXPECT_EQ(c.read().body, "POST /echo  body");
}

TEST_F(ServerTest, SpeaksHttp10) {
  start();
  TestClient once = client();
  const Answer a = once.ask("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.field("Connection"), "close");
  EXPECT_TRUE(once.ended());
  TestClient kept = client();
  EXPECT_EQ(kept.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").field("Connection"), "keep-alive");
  EXPECT_EQ(kept.ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, HeadHasNoBodyAndCloseCloses) {
  start();
  TestClient c = client();
  c.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(c.read(/*bodiless=*/true).field("Content-Length"), "12");
  EXPECT_EQ(c.ask(get("/echo", "Connection: close\r\n")).body, "GET /echo  ");
  EXPECT_TRUE(c.ended());
}

TEST_F(ServerTest, DecodesChunkedBodies) {
  start();
  TestClient c = client();
  c.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  c.send("lo\r\n1\r\n!\r\n0\r\n\r\n" + get("/next"));
  EXPECT_EQ(c.read().body, "POST /echo  hello!");
  EXPECT_EQ(c.read().body, "GET /next  ");
}

TEST_F(ServerTest, TakesABodyUpToItsLimitInChunksOfOneByte) {
  start();
  TestClient c = client();
  std::string text = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 65'536; ++i) text += "1\r\nx\r\n";
  c.send(text + "0\r\n\r\n");
  EXPECT_EQ(c.read().body.size(), 65'536 + std::string("POST /echo  ").size());
  EXPECT_EQ(c.ask(post("/echo", std::string(65'536, 'y'))).status, 200);
  EXPECT_EQ(c.ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, SaysContinueBeforeTheBody) {
  start();
  TestClient c = client();
  EXPECT_EQ(c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").status, 100);
  EXPECT_EQ(c.ask("body").body, "POST /echo  body");
  EXPECT_EQ(c.ask(post("/echo", "here", "Expect: 100-continue\r\n")).status, 200) << "the body was there: nothing to say";
}

TEST_F(ServerTest, RefusesAndClosesWithoutAskingTheHandler) {
  start();
  std::string many;  // case 85 of the security rules
  for (int i = 0; i < 10'000; ++i) many += "X-Header-" + std::to_string(i) + ": v\r\n";
  const std::pair<std::string, int> cases[] = {
      {get("/", many), 431},
      {get("/", "X: " + std::string(1 << 20, 'x') + "\r\n"), 431},
      {"GET /" + std::string(100'000, 'a'), 414},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x'), 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + std::string(1'000, 'x'), 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get("/smuggled"), 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"\x16\x03\x01\x02\r\n\r\n", 400},
  };
  for (const auto& [text, status] : cases) {
    TestClient c = client();
    c.send(text);
    const Answer a = c.read();
    EXPECT_EQ(a.status, status) << text.substr(0, 60);
    EXPECT_EQ(a.field("Connection"), "close");
    EXPECT_TRUE(a.body.starts_with(R"({"error":"invalid_request","error_description":")")) << a.body;
    ::shutdown(c.fd(), SHUT_WR);
    EXPECT_TRUE(c.ended());
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerTest, CutsSlowAndIdleConnections) {
  options_.timeouts = {.head = 50ms, .body = 50ms, .write = 50ms, .idle = 50ms};
  start();
  TestClient silent = client();
  TestClient half_head = client();
  TestClient half_body = client();
  TestClient idle = client();
  half_head.send("GET / HTTP/1.1\r\nHo");
  half_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  EXPECT_EQ(idle.ask(get("/echo")).status, 200);
  for (TestClient* c : {&silent, &half_head, &half_body, &idle}) EXPECT_TRUE(c->ended());
}

TEST_F(ServerTest, CutsAClientThatDripsItsHead) {
  options_.timeouts.head = 100ms;
  start();
  TestClient c = client();
  c.send("GET / HTTP/1.1\r\n");
  while (c.send("X: y\r\n")) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerTest, CutsAClientThatReadsNothing) {
  options_.timeouts.write = 50ms;
  start();
  TestClient c = client();
  ASSERT_EQ(c.ask(get("/")).status, 200) << "so it is open";
  c.send(get("/large") + get("/large"));
  while (server_->open_connections() > 0) std::this_thread::sleep_for(5ms);
}

TEST_F(ServerTest, WritesALargeAnswer) {
  start();
  EXPECT_EQ(client().ask(get("/large")).body.size(), std::size_t{4} << 20);
}

TEST_F(ServerTest, RunsARequestAgainOnTheLaneItNames) {
  options_.hash = {.threads = 1, .queue = 4, .per_key = 4};
  start();
  TestClient c = client();
  EXPECT_EQ(c.ask(get("/echo")).field("X-Lane"), "0");
  EXPECT_EQ(c.ask(get("/pool")).field("X-Lane"), "1");
  EXPECT_EQ(c.ask(get("/hash")).field("X-Lane"), "2") << "from io to pool to hash";
}

TEST_F(ServerTest, AnswersOthersWhileOneWaitsAnd503WhenThePoolIsFull) {
  start();
  TestClient running = client();
  running.send(get("/gate"));
  at_gate_.wait();
  EXPECT_EQ(client().ask(get("/echo")).status, 200);
  TestClient waiting = client();
  waiting.send(get("/pool?waits"));
  while (handled_ < 3) std::this_thread::yield();
  TestClient surplus = client();
  const Answer refused = surplus.ask(get("/pool"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_TRUE(refused.body.starts_with(R"({"error":"temporarily_unavailable")"));
  EXPECT_EQ(surplus.ask(get("/echo")).status, 200) << "the connection goes on";
  EXPECT_EQ(client().ask(get("/pool?urgent")).field("X-Lane"), "1") << "the reserved pool is free";
  server_->report_gauges();
  EXPECT_NE(metrics_.render().find("tessera_pool_depth{pool=\"general\"} 1"), std::string::npos);
  gate_.count_down();
  EXPECT_EQ(running.read().status, 200);
  EXPECT_EQ(waiting.read().status, 200);
}

TEST_F(ServerTest, OneKeyFillsItsShareOfThePoolAndNoMore) {
  options_.pool = {.threads = 1, .queue = 4, .per_key = 1};
  start();
  TestClient running = client();
  running.send(get("/gate"));
  at_gate_.wait();
  TestClient waiting = client();
  waiting.send(get("/pool", "Key: flood\r\n"));
  while (handled_ < 3) std::this_thread::yield();
  EXPECT_EQ(client().ask(get("/pool", "Key: flood\r\n")).status, 503);
  TestClient other = client();
  other.send(get("/pool", "Key: other\r\n"));
  while (handled_ < 5) std::this_thread::yield();
  gate_.count_down();
  EXPECT_EQ(waiting.read().status, 200);
  EXPECT_EQ(other.read().status, 200);
}

TEST_F(ServerTest, ARequestIsCountedUnlessItHadToLookForItsClient) {
  start();
  TestClient c = client();
  EXPECT_EQ(c.ask(get("/pool")).field("X-Counted"), "yes");
  EXPECT_EQ(c.ask(get("/lookup")).field("X-Counted"), "no");
  EXPECT_EQ(c.ask(get("/echo")).field("X-Counted"), "no") << "each request for itself";
}

TEST_F(ServerTest, UrgentHashingTakesItsTurnAmongTheHashes) {
  options_.reserved.threads = 0;
  start();
  TestClient c = client();
  EXPECT_EQ(c.ask(get("/pool?urgent")).status, 503);
  EXPECT_EQ(c.ask(get("/hash")).field("X-Lane"), "2");
}

TEST_F(ServerTest, DefectsOfAHandlerAreAnsweredWith500) {
  start();
  TestClient c = client();
  testing::internal::CaptureStderr();  // the log says so, rightly
  EXPECT_EQ(c.ask(get("/throw")).status, 500);
  EXPECT_EQ(c.ask(get("/never")).status, 500);
  const Answer split = c.ask(get("/split"));  // case 13 of the security rules
  EXPECT_EQ(split.status, 500);
  EXPECT_EQ(split.head.find("X-Evil"), std::string::npos);
  EXPECT_EQ(c.ask(get("/echo")).status, 200);
  testing::internal::GetCapturedStderr();
}

TEST_F(ServerTest, RefusesTheNewestConnectionBeyondItsLimit) {
  options_.limits.connections = 2;
  start();
  TestClient first = client();
  TestClient second = client();
  EXPECT_EQ(first.ask(get("/echo")).status, 200);
  EXPECT_EQ(second.ask(get("/echo")).status, 200);
  EXPECT_TRUE(client().ended());
  EXPECT_EQ(first.ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, StopFinishesWhatRunsAndRefusesWhatIsNew) {
  start();
  TestClient idle = client();
  EXPECT_EQ(idle.ask(get("/echo")).status, 200);
  TestClient running = client();
  running.send(get("/gate"));
  at_gate_.wait();
  TestClient late = client();
  late.send("GET /echo HTTP/1.1\r\n");
  while (server_->open_connections() < 3) std::this_thread::yield();
  EXPECT_EQ(client().ask(get("/echo", "Connection: close\r\n")).status, 200) << "so the head's beginning was read too";
  const std::uint16_t port = server_->bound_port(0);
  std::thread stopper([&] { server_->stop(20s); });
  EXPECT_TRUE(idle.ended());
  const Answer refused = late.ask("Host: a\r\n\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Connection"), "close");
  EXPECT_FALSE(TestClient(port).connected());
  gate_.count_down();
  const Answer finished = running.read();
  EXPECT_EQ(finished.status, 200);
  EXPECT_EQ(finished.field("Connection"), "close");
  stopper.join();
  EXPECT_EQ(server_->open_connections(), 0U);
}

TEST_F(ServerTest, StopCutsWhatIsLeftAfterItsGrace) {
  start();
  TestClient c = client();
  c.send("GET /echo HT");
  while (server_->open_connections() < 1) std::this_thread::yield();
  server_->stop(10ms);
  EXPECT_TRUE(c.ended());
}

TEST_F(ServerTest, SaysThatAPortIsTaken) {
  start();
  ServerOptions again = options_;
  again.listeners[0].port = server_->bound_port(0);
  Server second(again, [](const Request&, const Turn&) { return Response{}; }, clock_, log_, metrics_);
  const Status refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::config_invalid);
  EXPECT_EQ(refused.error().context,
            "127.0.0.1:" + std::to_string(server_->bound_port(0)) + " is taken by another process: stop it or listen elsewhere");
}

TEST_F(ServerTest, SharesAPortBetweenItsThreads) {
  options_.threads = 3;
  start();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client().ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, ServesAUnixSocketForItsOwnerOnly) {
  const std::string path = testing::TempDir() + "http-" + std::to_string(::getpid()) + ".sock";
  options_.listeners[0].unix_path = path;
  start();
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(TestClient(path).ask(get("/echo")).field("X-Peer"), "unix");

  Server second(options_, [](const Request&, const Turn&) { return Response{}; }, clock_, log_, metrics_);
  EXPECT_FALSE(second.start()) << "somebody answers there";
  server_->stop(0ms);
  EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST_F(ServerTest, TakesOverAStaleUnixSocketButNoOtherFile) {
  const std::string path = testing::TempDir() + "stale-" + std::to_string(::getpid()) + ".sock";
  options_.listeners[0].unix_path = path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  start();
  EXPECT_EQ(TestClient(path).ask(get("/echo")).status, 200);
  server_.reset();

  const int file = ::creat(path.c_str(), 0600);
  Server second(options_, [](const Request&, const Turn&) { return Response{}; }, clock_, log_, metrics_);
  EXPECT_FALSE(second.start());
  ::close(file);
  EXPECT_EQ(::unlink(path.c_str()), 0) << "it was left alone";
}

TEST_F(ServerTest, ARequestThatIsPutAsideLeavesItsThreadToOthers) {
  start();
  TestClient waiting = client();
  put_aside(waiting);
  TestClient other = client();
  EXPECT_EQ(other.ask(get("/echo")).status, 200);
  wake_paused();
  const Answer answer = waiting.read();
  EXPECT_EQ(answer.body, "GET /pause  ");
  EXPECT_EQ(answer.field("X-Lane"), "0");
  EXPECT_EQ(waiting.ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, WithoutRoomForMoreThatWaitARequestTakesAWorker) {
  options_.paused = 1;
  start();
  TestClient first = client();
  put_aside(first);
  TestClient second = client();
  EXPECT_EQ(second.ask(get("/pause")).field("X-Lane"), "1");
  wake_paused();
  EXPECT_EQ(first.read().field("X-Lane"), "0");
}

TEST_F(ServerTest, ARequestIsFinishedAfterItsClientIsGone) {
  start();
  {
    TestClient gone = client();
    put_aside(gone);
  }
  TestClient other = client();
  EXPECT_EQ(other.ask(get("/echo")).status, 200);
  wake_paused();
  EXPECT_EQ(other.ask(get("/echo")).status, 200);
}

TEST_F(ServerTest, StoppingWaitsForWhatIsPutAside) {
  start();
  TestClient waiting = client();
  put_aside(waiting);
  std::thread stopping([this] { server_->stop(1ms); });
  EXPECT_EQ(handled_, 1);
  wake_paused();
  stopping.join();
}

}  // namespace
}  // namespace tessera::http
