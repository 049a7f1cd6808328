#include "http/lanes.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "base/cores.h"

namespace tessera::http {
namespace {

/// Keeps the pool's only worker busy until released.
class Plug {
 public:
  explicit Plug(WorkerPool& pool) {
    EXPECT_TRUE(pool.submit("plug", JobKind::ordinary, [latches = latches_] {
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
    EXPECT_TRUE(pool.submit(key, JobKind::ordinary, [&, key] {
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
  EXPECT_TRUE(pool.submit("a", JobKind::ordinary, [] {}));
  EXPECT_TRUE(pool.submit("b", JobKind::ordinary, [] {}));
  EXPECT_FALSE(pool.submit("c", JobKind::ordinary, [] {}));
  plug.release();
}

TEST(WorkerPool, OneKeyNeverTakesItAll) {
  WorkerPool pool({.threads = 1, .queue = 8, .per_key = 2});
  Plug plug(pool);
  EXPECT_TRUE(pool.submit("flood", JobKind::ordinary, [] {}));
  EXPECT_TRUE(pool.submit("flood", JobKind::ordinary, [] {}));
  EXPECT_FALSE(pool.submit("flood", JobKind::ordinary, [] {}));
  EXPECT_TRUE(pool.submit("other", JobKind::ordinary, [] {}));
  plug.release();
}

TEST(WorkerPool, LookupsFillAQuarterOfTheQueue) {
  WorkerPool pool({.threads = 1, .queue = 8, .per_key = 8});
  Plug plug(pool);
  EXPECT_TRUE(pool.submit("a", JobKind::lookup, [] {}));
  EXPECT_TRUE(pool.submit("b", JobKind::lookup, [] {}));
  EXPECT_FALSE(pool.submit("c", JobKind::lookup, [] {})) << "however many keys they come under";
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(pool.submit("d", JobKind::ordinary, [] {}));
  EXPECT_FALSE(pool.submit("d", JobKind::ordinary, [] {}));
  plug.release();
}

TEST(WorkerPool, LookupsTakeAQuarterOfTheThreads) {
  std::latch looking{1};
  std::latch found{1};
  std::latch done{3};
  std::latch served{3};
  std::atomic<int> running = 0;
  WorkerPool pool({.threads = 4, .queue = 64, .per_key = 64});  // last: its threads end before what they wait at
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(pool.submit("a", JobKind::lookup, [&] {
      EXPECT_EQ(++running, 1);
      if (!looking.try_wait()) looking.count_down();
      found.wait();
      --running;
      done.count_down();
    }));
  looking.wait();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(pool.submit("b", JobKind::ordinary, [&] {
      served.count_down();
      served.wait();  // all three at once, on the three threads that lookups never take
    }));
  served.wait();
  EXPECT_EQ(pool.depth(), 2U);
  found.count_down();
  done.wait();
}

TEST(WorkerPool, LookupsAndTheRestTakeTurns) {
  WorkerPool pool({.threads = 1, .queue = 16, .per_key = 16});
  Plug plug(pool);
  std::string order;
  std::latch done{5};
  const auto note = [&](char letter) {
    return [&, letter] {
      order += letter;
      done.count_down();
    };
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit("a", JobKind::ordinary, note('o')));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(pool.submit("a", JobKind::lookup, note('l')));
  plug.release();
  done.wait();
  EXPECT_EQ(order, "loloo");
}

TEST(WorkerPool, GivesWayWhereItIsToldTo) {
  const auto nice_in = [](int nice) {
    WorkerPool pool({.threads = 1, .queue = 8, .per_key = 8, .nice = nice});
    int seen = -1;
    std::latch done(1);
    EXPECT_TRUE(pool.submit("a", JobKind::ordinary, [&] {
      seen = ::getpriority(PRIO_PROCESS, 0);
      done.count_down();
    }));
    done.wait();
    return seen;
  };
  const int own = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(nice_in(0), own);
  EXPECT_EQ(nice_in(19), 19);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), own) << "the others keep theirs";
}

TEST(WorkerPool, WithoutThreadsTakesNothing) {
  WorkerPool pool({.threads = 0, .queue = 8, .per_key = 8});
  EXPECT_FALSE(pool.submit("a", JobKind::ordinary, [] {}));
}

TEST(WorkerPool, StopDropsWhatWaits) {
  WorkerPool pool({.threads = 1, .queue = 8, .per_key = 8});
  Plug plug(pool);
  const auto owned = std::make_shared<int>(1);
  EXPECT_TRUE(pool.submit("a", JobKind::ordinary, [owned] { FAIL() << "it was to be dropped"; }));
  std::thread stopper([&] { pool.stop(); });
  while (owned.use_count() > 1) std::this_thread::yield();
  plug.release();
  stopper.join();
  EXPECT_FALSE(pool.submit("a", JobKind::ordinary, [] {}));
}

TEST(HashThreads, AreBoundedByMemoryAndCores) {
  constexpr std::size_t kMiB = 1 << 20;
  EXPECT_EQ(hash_threads(19 * kMiB, 19 * kMiB), 1);
  EXPECT_EQ(hash_threads(kMiB, 19 * kMiB), 1);
  EXPECT_EQ(hash_threads(1'000'000 * kMiB, 19 * kMiB), base::usable_cores());
}

}  // namespace
}  // namespace tessera::http
