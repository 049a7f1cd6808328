#include "policy/lifetime.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class LifetimeTest : public testing::Test {
 protected:
  LifetimeTest() {
    realm_.policy.max_ttl_s = 100'000;
    client_.policy.edit().access_ttl_s = 3'600;
  }
  Result<Lifetime> ask(std::int64_t from_now_s) { return decide_lifetime(realm_, client_, now_ + seconds{from_now_s}, now_); }

  model::Realm realm_;
  model::Client client_;
  const TimePoint now_ = base::from_s(1'800'000'000);
};

TEST_F(LifetimeTest, WithoutARequestTheOrdinaryLifetimeHolds) {
  const auto lifetime = decide_lifetime(realm_, client_, std::nullopt, now_);
  ASSERT_TRUE(lifetime);
  EXPECT_EQ(lifetime->expires_at_s, 1'800'003'600);
  EXPECT_FALSE(lifetime->extended);
}

TEST_F(LifetimeTest, AShorterLifetimeNeedsNoPermission) {
  ASSERT_TRUE(ask(60));
  EXPECT_EQ(ask(60)->expires_at_s, 1'800'000'060);
  EXPECT_FALSE(ask(3'600)->extended);
}

TEST_F(LifetimeTest, TheExpiryIsRoundedDown) {
  const auto lifetime = decide_lifetime(realm_, client_, now_ + seconds{10} + microseconds{999'999}, now_);
  ASSERT_TRUE(lifetime);
  EXPECT_EQ(lifetime->expires_at_s, 1'800'000'010);
}

TEST_F(LifetimeTest, Case89APastExpiryIsRefused) {
  EXPECT_EQ(ask(-1).error().reason, Reason::expiry_past);
  EXPECT_EQ(ask(0).error().reason, Reason::expiry_past);
  // Within the running second: rounded down, nothing is left.
  EXPECT_EQ(decide_lifetime(realm_, client_, now_ + microseconds{5}, now_).error().reason, Reason::expiry_past);
}

TEST_F(LifetimeTest, Case89ALongerLifetimeNeedsPermissionWhateverTheCap) {
  EXPECT_EQ(ask(3'601).error().reason, Reason::extension_not_allowed);
  EXPECT_EQ(ask(100'001).error().reason, Reason::extension_not_allowed);
}

TEST_F(LifetimeTest, AnExtensionEndsAtTheRealmsCap) {
  client_.policy.edit().allow_token_lifetime_extension = true;
  ASSERT_TRUE(ask(100'000));
  EXPECT_TRUE(ask(100'000)->extended);
  const auto beyond = ask(100'001);
  EXPECT_EQ(beyond.error().reason, Reason::expiry_beyond_cap);
  EXPECT_EQ(beyond.error().limit, "100000 seconds from now") << "what the client is told";
}

TEST_F(LifetimeTest, TheLesserCapCounts) {
  client_.policy.edit().allow_token_lifetime_extension = true;
  client_.policy.edit().max_ttl_s = 7'200;
  EXPECT_TRUE(ask(7'200));
  EXPECT_EQ(ask(7'201).error().reason, Reason::expiry_beyond_cap);
  client_.policy.edit().max_ttl_s = 200'000;
  EXPECT_EQ(ask(100'001).error().reason, Reason::expiry_beyond_cap);
}

TEST_F(LifetimeTest, Case89TheYear9999IsBeyondTheCap) {
  client_.policy.edit().allow_token_lifetime_extension = true;
  EXPECT_EQ(decide_lifetime(realm_, client_, base::from_s(253'402'300'799), now_).error().reason, Reason::expiry_beyond_cap);
}

TEST_F(LifetimeTest, TheCapHoldsForTheOrdinaryLifetimeToo) {
  client_.policy.edit().max_ttl_s = 600;
  EXPECT_EQ(decide_lifetime(realm_, client_, std::nullopt, now_)->expires_at_s, 1'800'000'600);
}

}  // namespace
}  // namespace tessera::policy
