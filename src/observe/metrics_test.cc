#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tessera::observe {
namespace {

TEST(Metrics, CountsRequestsByLabel) {
  Metrics metrics;
  metrics.count_request("finlex", "oauth2", "token", "client_credentials", "ok", 0.00007);
  metrics.count_request("finlex", "oauth2", "token", "client_credentials", "ok", 0.3);
  metrics.count_request("finlex", "oauth2", "token", "client_credentials", "client_secret_wrong", 0.3);
  const std::string text = metrics.render();
  EXPECT_NE(
      text.find(R"(tessera_requests_total{dialect="oauth2",endpoint="token",grant="client_credentials",outcome="ok",realm="finlex"} 2)"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(outcome="client_secret_wrong",realm="finlex"} 1)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(tessera_request_seconds_bucket{endpoint="token",le="0.0001"} 1)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(tessera_request_seconds_count{endpoint="token"} 3)"), std::string::npos) << text;
}

TEST(Metrics, LosesNoCountBetweenThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) metrics.count_request("r", "d", "e", "g", "ok", 0.1);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE(metrics.render().find(R"(tessera_requests_total{dialect="d",endpoint="e",grant="g",outcome="ok",realm="r"} 4000)"),
            std::string::npos);
}

TEST(Metrics, GaugesAndCountersByName) {
  Metrics metrics;
  metrics.set_gauge("tessera_pool_depth", "pool", "hash", 3);
  metrics.set_gauge("tessera_pool_depth", "pool", "hash", 5);
  metrics.set_gauge("tessera_open_connections", "", "", 7);
  metrics.add("tessera_audit_dropped_total", 2);
  metrics.add("tessera_audit_dropped_total", 1);
  const std::string text = metrics.render();
  EXPECT_NE(text.find("tessera_pool_depth{pool=\"hash\"} 5"), std::string::npos) << text;
  EXPECT_NE(text.find("tessera_open_connections 7"), std::string::npos) << text;
  EXPECT_NE(text.find("tessera_audit_dropped_total 3"), std::string::npos) << text;
}

TEST(Metrics, SeriesAreBounded) {
  Metrics metrics;
  for (int i = 0; i < 9'000; ++i) metrics.count_request("r", "d", "e", std::to_string(i), "ok", 0.1);
  const std::string text = metrics.render();
  EXPECT_NE(text.find(R"(grant="8191")"), std::string::npos);
  EXPECT_EQ(text.find(R"(grant="8192")"), std::string::npos);
  EXPECT_NE(text.find(R"(grant="other",outcome="other",realm="other"} 808)"), std::string::npos);
}

}  // namespace
}  // namespace tessera::observe
