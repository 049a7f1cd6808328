#include "http/lanes.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <thread>

namespace tessera::http {
namespace {

/// Keeps the pool's only worker busy until released.
class Plug {
 public:
  explicit Plug(WorkerPool& pool) {
    EXPECT_TRUE(pool.submit("plug", [latches = latches_] {
      latches->running.count_down();
      latches->release.wait();
    }));
    latches_->running.wait();
  }
  void release() { latches_->release.count_down(); }

 private:
  struct Latches {
    std::latch running{1};
    std::latch release{1};
  };
  const std::shared_ptr<Latches> latches_ = std::make_shared<Latches>();  // the worker may leave its wait after the plug is gone
};

TEST(WorkerPool, KeysTakeTurns) {
  WorkerPool pool({.threads = 1, .queue = 10, .per_key = 10});
  Plug plug(pool);
  std::string order;
  std::latch done{6};
  for (const char* key : {"a", "a", "a", "b", "b", "c"})
    EXPECT_TRUE(pool.submit(key, [&, key] {
      order += key;
      done.count_down();
    }));
  EXPECT_EQ(pool.depth(), 6U);
  plug.release();
  done.wait();
  EXPECT_EQ(order, "abcaba");
}

TEST(WorkerPool, RefusesWhenFull) {
  WorkerPool pool({.threads = 1, .queue = 2, .per_key = 2});
  Plug plug(pool);
  EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  EXPECT_FALSE(pool.submit("c", [] {}));
  plug.release();
}

TEST(WorkerPool, OneKeyNeverTakesItAll) {
  WorkerPool pool({.threads = 1, .queue = 8, .per_key = 2});
  Plug plug(pool);
  EXPECT_TRUE(pool.submit("flood", [] {}));
  EXPECT_TRUE(pool.submit("flood", [] {}));
  EXPECT_FALSE(pool.submit("flood", [] {}));
  EXPECT_TRUE(pool.submit("other", [] {}));
  plug.release();
}

TEST(WorkerPool, WithoutThreadsTakesNothing) {
  WorkerPool pool({.threads = 0, .queue = 8, .per_key = 8});
  EXPECT_FALSE(pool.submit("a", [] {}));
}

TEST(WorkerPool, StopDropsWhatWaits) {
  WorkerPool pool({.threads = 1, .queue = 8, .per_key = 8});
  Plug plug(pool);
  const auto owned = std::make_shared<int>(1);
  EXPECT_TRUE(pool.submit("a", [owned] { FAIL() << "it was to be dropped"; }));
  std::thread stopper([&] { pool.stop(); });
  while (owned.use_count() > 1) std::this_thread::yield();
  plug.release();
  stopper.join();
  EXPECT_FALSE(pool.submit("a", [] {}));
}

TEST(HashThreads, AreBoundedByMemoryAndCores) {
  constexpr std::size_t kMiB = 1 << 20;
  EXPECT_EQ(hash_threads(19 * kMiB, 19 * kMiB), 1);
  EXPECT_EQ(hash_threads(kMiB, 19 * kMiB), 1);
  EXPECT_EQ(hash_threads(1'000'000 * kMiB, 19 * kMiB), static_cast<int>(2 * std::max(1U, std::thread::hardware_concurrency())));
}

}  // namespace
}  // namespace tessera::http
