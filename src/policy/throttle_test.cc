#include "policy/throttle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tessera::policy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow = base::from_s(1'800'000'000);

int allowed_of(Throttle& throttle, std::string_view address, int tries, TimePoint now) {
  int allowed = 0;
  for (int i = 0; i < tries; ++i) allowed += throttle.take_address(address, now).has_value();
  return allowed;
}

TEST(Throttle, AMinutesWorthMayComeAtOnceThenTheRateHolds) {
  Throttle throttle({.address_per_minute = 60});
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 100, kNow), 60);
  const auto refused = throttle.take_address("192.0.2.1", kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::throttled_address);
  EXPECT_EQ(refused.error().retry_after_s, 1);
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 100, kNow + seconds{10}), 10);
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 100, kNow + hours{1}), 60);
}

TEST(Throttle, RetryAfterSaysWhenTheNextOneIsAllowed) {
  Throttle throttle({.address_per_minute = 4});
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 9, kNow), 4);
  EXPECT_EQ(throttle.take_address("192.0.2.1", kNow + milliseconds{500}).error().retry_after_s, 15);
  EXPECT_TRUE(throttle.take_address("192.0.2.1", kNow + seconds{15}));
}

TEST(Throttle, OneAddressDoesNotSpendAnothers) {
  Throttle throttle({.address_per_minute = 1});
  EXPECT_TRUE(throttle.take_address("192.0.2.1", kNow));
  EXPECT_TRUE(throttle.take_address("192.0.2.2", kNow));
  EXPECT_FALSE(throttle.take_address("192.0.2.1", kNow));
}

TEST(Throttle, AnIpv6HostCountsByItsNetworkAndAMappedAddressByItself) {
  Throttle throttle({.address_per_minute = 1});
  EXPECT_TRUE(throttle.take_address("2001:db8::1", kNow));
  EXPECT_FALSE(throttle.take_address("2001:db8:0:0:ffff::7", kNow));
  EXPECT_TRUE(throttle.take_address("2001:db8:0:1::1", kNow));
  EXPECT_TRUE(throttle.take_address("::ffff:192.0.2.1", kNow));
  EXPECT_TRUE(throttle.take_address("::ffff:192.0.2.2", kNow));
  EXPECT_FALSE(throttle.take_address("192.0.2.1", kNow));
}

TEST(Throttle, AClientsOwnLimitTakesThePlaceOfTheDefault) {
  Throttle throttle({.client_per_minute = 1});
  const Handle client = Handle::random();
  EXPECT_TRUE(throttle.take_client(client, 2, kNow));
  EXPECT_TRUE(throttle.take_client(client, 2, kNow));
  EXPECT_EQ(throttle.take_client(client, 2, kNow).error().reason, Reason::throttled_client);
  const Handle other = Handle::random();
  EXPECT_TRUE(throttle.take_client(other, 0, kNow));
  EXPECT_FALSE(throttle.take_client(other, 0, kNow));
}

TEST(Throttle, Case91AClockThatStepsBackLocksNobodyOut) {
  Throttle throttle({.address_per_minute = 60});
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 60, kNow), 60);
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 60, kNow - seconds{5}), 0) << "as of a request that waited";
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 60, kNow - hours{1}), 60);
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 60, kNow - hours{1} + seconds{30}), 30);
}

TEST(Throttle, NewLimitsCountFromTheNextRequest) {
  Throttle throttle({.address_per_minute = 1});
  EXPECT_TRUE(throttle.take_address("192.0.2.1", kNow));
  throttle.set_limits({.address_per_minute = 0});
  EXPECT_EQ(allowed_of(throttle, "192.0.2.1", 1'000, kNow), 1'000);
}

TEST(Throttle, TheWaitDoublesFromOneSecondToItsMaximum) {
  Throttle throttle({.failures_before_backoff = 3, .backoff_max_s = 10});
  TimePoint now = kNow;
  for (int i = 0; i < 2; ++i) throttle.count_failure("realm/anna", now);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", now), 0);
  for (const int wait_s : {1, 2, 4, 8, 10, 10}) {
    throttle.count_failure("realm/anna", now);
    EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", now + seconds{wait_s} - milliseconds{1}), 0) << wait_s;
    EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", now + seconds{wait_s}), 0) << wait_s;
    now += seconds{wait_s};
  }
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/berta", now), 0);
}

TEST(Throttle, SaysWhatRemainsOfTheWait) {
  Throttle throttle({.failures_before_backoff = 1, .backoff_max_s = 900});
  for (int i = 0; i < 4; ++i) throttle.count_failure("realm/anna", kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow), 8);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow + milliseconds{1'500}), 7);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow + milliseconds{7'999}), 1);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow - seconds{5}), 8) << "never longer than the wait";
}

TEST(Throttle, AGuessCountsOnceHoweverOftenItIsShown) {
  Throttle throttle({.failures_before_backoff = 3});
  for (int i = 0; i < 100; ++i) throttle.count_guess("app@192.0.2.1", "the old secret", kNow);
  throttle.count_guess("app@192.0.2.1", "another", kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow), 0);
  throttle.count_guess("app@192.0.2.1", "", kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow), 1);
  throttle.count_guess("app@192.0.2.1", "the old secret", kNow + seconds{5});
  EXPECT_EQ(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow + seconds{5}), 0) << "it lengthens no wait either";
}

TEST(Throttle, DifferentGuessesBackOffHoweverManyAreRemembered) {
  Throttle throttle({.failures_before_backoff = 50});
  for (int i = 0; i < 49; ++i) throttle.count_guess("app@192.0.2.1", std::to_string(i), kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow), 0);
  throttle.count_guess("app@192.0.2.1", "49", kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow), 1);
}

TEST(Throttle, ManyFailuresStillWaitTheMaximum) {
  Throttle throttle({.failures_before_backoff = 1, .backoff_max_s = 900});
  for (int i = 0; i < 1'000; ++i) throttle.count_failure("realm/anna", kNow);
  EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", kNow + seconds{899}), 0);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow + seconds{900}), 0);
}

TEST(Throttle, ASuccessClearsTheFailures) {
  Throttle throttle({.failures_before_backoff = 1});
  throttle.count_failure("realm/anna", kNow);
  EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", kNow), 0);
  throttle.clear_failures(Guessed::user, "realm/anna");
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow), 0);
}

TEST(Throttle, ARequestThatStoodInAQueueIsLockedToo) {
  Throttle throttle({.failures_before_backoff = 1, .backoff_max_s = 900});
  throttle.count_failure("realm/anna", kNow);
  EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", kNow - seconds{5}), 0);
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow - hours{1}), 0) << "the clock was set back";
}

TEST(Throttle, Case88HoweverManyNamesMemoryStaysAtTheCap) {
  Throttle throttle({.failures_before_backoff = 2, .buckets_max = 1'600});
  for (int i = 0; i < 30'000; ++i) throttle.count_failure(std::to_string(i), kNow);
  EXPECT_EQ(throttle.size(), 800U) << "the other half is for those who wait";
  for (int i = 0; i < 60'000; ++i) throttle.count_failure("waits " + std::to_string(i / 2), kNow);
  for (int i = 0; i < 30'000; ++i) throttle.count_failure(std::to_string(i), kNow);
  EXPECT_EQ(throttle.size(), 1'600U);
  for (int i = 0; i < 60'000; ++i) throttle.count_guess("waits " + std::to_string(i / 2), std::to_string(i), kNow);
  for (int i = 0; i < 30'000; ++i) throttle.count_guess(std::to_string(i), "", kNow);
  EXPECT_EQ(throttle.size(), 2 * 1'600U);
  for (int i = 0; i < 30'000; ++i) (void)throttle.take_address(std::to_string(i), kNow);
  for (int i = 0; i < 30'000; ++i) (void)throttle.take_client(Handle::random(), 0, kNow);
  EXPECT_EQ(throttle.size(), 4 * 1'600U);
}

TEST(Throttle, MadeUpClientsDontUnlockAUser) {
  Throttle throttle({.failures_before_backoff = 3, .buckets_max = 1'600});
  for (int i = 0; i < 10; ++i) throttle.count_failure("realm/anna", kNow);
  for (int i = 0; i < 20'000; ++i) throttle.count_guess(std::to_string(i / 4), std::to_string(i), kNow);
  EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", kNow), 0);
}

TEST(Throttle, MadeUpNamesDontUnlockWhoWaits) {
  Throttle throttle({.failures_before_backoff = 3, .buckets_max = 1'600});
  for (int i = 0; i < 10; ++i) throttle.count_failure("realm/anna", kNow);
  for (int i = 0; i < 10; ++i) throttle.count_guess("app@192.0.2.1", std::to_string(i), kNow);
  for (int i = 0; i < 20'000; ++i) throttle.count_failure("realm/" + std::to_string(i / 2), kNow);
  for (int i = 0; i < 20'000; ++i) throttle.count_guess(std::to_string(i / 2) + "@192.0.2.1", std::to_string(i), kNow);
  EXPECT_GT(throttle.wait_s(Guessed::user, "realm/anna", kNow), 0);
  EXPECT_GT(throttle.wait_s(Guessed::client, "app@192.0.2.1", kNow), 0);
  throttle.clear_failures(Guessed::user, "realm/anna");
  EXPECT_EQ(throttle.wait_s(Guessed::user, "realm/anna", kNow), 0);
}

TEST(Throttle, AUserAndAClientOfOneNameAreCountedApart) {
  Throttle throttle({.failures_before_backoff = 1});
  throttle.count_failure("a/b", kNow);
  EXPECT_EQ(throttle.wait_s(Guessed::client, "a/b", kNow), 0);
  throttle.clear_failures(Guessed::client, "a/b");
  EXPECT_GT(throttle.wait_s(Guessed::user, "a/b", kNow), 0);
}

TEST(Throttle, CountsAreExactAcrossThreads) {
  Throttle throttle({.address_per_minute = 1'000});
  std::atomic<int> allowed = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { allowed += allowed_of(throttle, "192.0.2.1", 500, kNow); });
  threads.clear();
  EXPECT_EQ(allowed, 1'000);
}

TEST(AddressPrefix, IsOneSpellingANetwork) {
  EXPECT_EQ(address_prefix("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_prefix("2001:db8::1"), "2001:db8:0:0");
  EXPECT_EQ(address_prefix("2001:DB8:0:0:1::"), "2001:db8:0:0");
  EXPECT_EQ(address_prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
  EXPECT_EQ(address_prefix("fe80::1%eth0"), "fe80:0:0:0");
  EXPECT_EQ(address_prefix("::1"), "0:0:0:0");
  EXPECT_EQ(address_prefix("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_prefix("not:an:address"), "not:an:address");
  EXPECT_EQ(address_prefix(""), "");
}

}  // namespace
}  // namespace tessera::policy
