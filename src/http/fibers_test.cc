#include "http/fibers.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <thread>

namespace tessera::http {
namespace {

/// A thread's queue, emptied when the test says so.
class FibersTest : public testing::Test {
 protected:
  void run_posted() {
    while (!posted_.empty()) {
      auto next = std::move(posted_.front());
      posted_.pop_front();
      next();
    }
  }
  /// Runs a work that notes its steps under `name` and waits once.
  bool run_waiting(char name) {
    return fibers_.run(
        [this, name](Pause& pause) {
          said_ += name;
          pause.wait([this, name, &pause] {
            said_ += '(';
            said_ += name;
            begun_.push_back(&pause);
          });
          said_ += name;
        },
        [this] { said_ += '.'; });
  }

  std::deque<Fibers::Done> posted_;
  std::vector<Pause*> begun_;
  std::string said_;
  Fibers fibers_{2, [this](Fibers::Done function) { posted_.push_back(std::move(function)); }};
};

TEST_F(FibersTest, WorkThatDoesNotWaitEndsAtOnce) {
  EXPECT_TRUE(fibers_.run([this](Pause&) { said_ += 'a'; }, [this] { said_ += '.'; }));
  EXPECT_EQ(said_, "a");
  EXPECT_TRUE(posted_.empty());
}

TEST_F(FibersTest, WorkThatWaitsGoesOnWhenItIsWoken) {
  EXPECT_FALSE(run_waiting('a'));
  EXPECT_EQ(fibers_.waiting(), 1U);
  run_posted();
  EXPECT_EQ(said_, "a(a");
  std::thread([this] { begun_[0]->wake(); }).join();
  EXPECT_EQ(said_, "a(a") << "it goes on on its own thread";
  run_posted();
  EXPECT_EQ(said_, "a(aa.");
  EXPECT_EQ(fibers_.waiting(), 0U);
}

TEST_F(FibersTest, ThoseThatWaitTogetherBeginTogetherAndAreWokenByOnePost) {
  run_waiting('a');
  run_waiting('b');
  EXPECT_EQ(said_, "ab") << "nothing begins while the thread has others to run";
  EXPECT_EQ(posted_.size(), 1U);
  run_posted();
  EXPECT_EQ(said_, "ab(a(b");
  for (auto* pause : begun_) pause->wake();
  EXPECT_EQ(posted_.size(), 1U);
  run_posted();
  EXPECT_EQ(said_, "ab(a(ba.b.");
}

TEST_F(FibersTest, WokenBeforeItLeavesItGoesOnAllTheSame) {
  const bool ended = fibers_.run(
      [](Pause& pause) {
        pause.wake();
        pause.wait([] {});
      },
      [this] { said_ += '.'; });
  EXPECT_FALSE(ended);
  run_posted();
  EXPECT_EQ(said_, ".");
}

TEST_F(FibersTest, WorkMayWaitMoreThanOnce) {
  const bool ended = fibers_.run(
      [this](Pause& pause) {
        for (int i = 0; i < 3; ++i) {
          pause.wait([&pause] { pause.wake(); });
          said_ += 'w';
        }
      },
      [this] { said_ += '.'; });
  EXPECT_FALSE(ended);
  run_posted();
  EXPECT_EQ(said_, "www.");
}

TEST_F(FibersTest, HasRoomForSoManyThatWait) {
  run_waiting('a');
  EXPECT_TRUE(fibers_.has_room());
  run_waiting('b');
  EXPECT_FALSE(fibers_.has_room());
  run_posted();
  begun_[0]->wake();
  run_posted();
  EXPECT_TRUE(fibers_.has_room());
  begun_[1]->wake();
  run_posted();
}

TEST_F(FibersTest, AnExceptionIsCaughtOnTheStackThatItWasThrownOn) {
  fibers_.run(
      [this](Pause& pause) {
        try {
          pause.wait([&pause] { pause.wake(); });
          throw std::runtime_error("boom");
        } catch (const std::exception& error) {
          said_ = error.what();
        }
      },
      [] {});
  run_posted();
  EXPECT_EQ(said_, "boom");
}

TEST_F(FibersTest, AManyTimesUsedStackHoldsDeepCalls) {
  const std::function<int(int)> depth = [&](int n) { return n == 0 ? 0 : 1 + depth(n - 1); };
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(fibers_.run([&](Pause&) { EXPECT_EQ(depth(100), 100); }, [] {}));
}

}  // namespace
}  // namespace tessera::http
