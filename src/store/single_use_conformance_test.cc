// What counts once.
#include "base/digest.h"
#include "store/store_conformance.h"

namespace tessera::store {
namespace {

Showed showing(std::string_view what, std::string request_id, std::int64_t expires_at_s = base::to_s(kNow) + 60) {
  return {SingleUse::client_assertion, base::sha256(what), expires_at_s, std::move(request_id)};
}

TEST_P(StoreConformance, WhatCountsOnceCountsOnce) {
  ASSERT_TRUE(world.single_use().use(kPool, showing("one", "first")));
  EXPECT_EQ(reason_of(world.single_use().use(kPool, showing("one", "second"))), Reason::assertion_reused);
  EXPECT_TRUE(world.single_use().use(kPool, showing("another", "second")));
  EXPECT_EQ(world.count("single_use"), 2);
}

TEST_P(StoreConformance, ARequestThatIsRunAgainShowsTheSame) {
  ASSERT_TRUE(world.single_use().use(kPool, showing("one", "first")));
  EXPECT_TRUE(world.single_use().use(kPool, showing("one", "first")));
  EXPECT_EQ(reason_of(world.single_use().use(kPool, showing("one", "second"))), Reason::assertion_reused);
  EXPECT_EQ(reason_of(world.single_use().use(kPool, showing("two", ""))), Reason::internal);
}

TEST_P(StoreConformance, OfManyThatShowTheSameOneWins) {
  constexpr int kShowings = 50;
  std::atomic<int> won = 0;
  in_parallel(kShowings, [&](int i) { won += world.single_use().use(kPool, showing("one", std::to_string(i))) ? 1 : 0; });
  EXPECT_EQ(won, 1);
}

TEST_P(StoreConformance, AUseOutlivesARestart) {
  ASSERT_TRUE(world.single_use().use(kPool, showing("one", "first")));
  world.reopen();
  EXPECT_EQ(reason_of(world.single_use().use(kPool, showing("one", "second"))), Reason::assertion_reused);
}

TEST_P(StoreConformance, AUseIsForgottenWhenItIsWorthNothing) {
  const std::int64_t now_s = base::to_s(kNow);
  ASSERT_TRUE(world.single_use().use(kPool, showing("over", "first", now_s - 1)));
  ASSERT_TRUE(world.single_use().use(kPool, showing("ends now", "first", now_s)));
  ASSERT_TRUE(world.single_use().use(kPool, showing("goes on", "first", now_s + 1)));
  EXPECT_EQ(*world.single_use().sweep(kNow, 10), 1);
  EXPECT_EQ(*world.single_use().sweep(at(2).now, 1), 1);
  EXPECT_EQ(*world.single_use().sweep(at(2).now, 10), 1);
  EXPECT_EQ(world.count("single_use"), 0);
}

TEST_P(StoreConformance, AUseOnALaneThatMustNotWaitAsksForAnother) {
  EXPECT_EQ(reason_of(world.single_use().use(kIo, showing("one", "first"))), Reason::would_wait);
  EXPECT_EQ(world.count("single_use"), 0);
}

}  // namespace
}  // namespace tessera::store
