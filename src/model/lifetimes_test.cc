// What a clock that steps back (security.md, 91) does to what had expired by it.
#include <gtest/gtest.h>

#include "model/authorization_code.h"
#include "model/session.h"

namespace tessera::model {
namespace {

constexpr std::int64_t kNowS = 1'800'000'000;
constexpr std::int64_t kHourS = 3'600;

TEST(Lifetimes, ACodeIsGoodForAMinuteAndNoEarlier) {
  const AuthorizationCode code{.expires_at_s = kNowS + kCodeTtlS};
  for (const std::int64_t in_time_s : {kNowS - base::kClockLeewayS, kNowS, kNowS + kCodeTtlS - 1}) EXPECT_TRUE(is_in_time(code, in_time_s));
  EXPECT_FALSE(is_in_time(code, kNowS + kCodeTtlS));
  EXPECT_FALSE(is_in_time(code, kNowS - base::kClockLeewayS - 1));
  EXPECT_FALSE(is_in_time(code, kNowS + kCodeTtlS - kHourS)) << "it had expired, and the clock stepped back";
}

TEST(Lifetimes, ASessionThatWasIdleTooLongStaysSo) {
  const Session session{.last_used_at = base::from_s(kNowS)};
  const auto idle = [&](std::int64_t after_s) { return idle_too_long(session, 600, base::from_s(kNowS + after_s)); };
  EXPECT_FALSE(idle(0));
  EXPECT_FALSE(idle(599));
  EXPECT_TRUE(idle(600));
  EXPECT_FALSE(idle(-base::kClockLeewayS));
  EXPECT_TRUE(idle(601 - kHourS)) << "it was, and the clock stepped back";
  EXPECT_FALSE(idle_too_long(session, 0, base::from_s(kNowS + 100 * kHourS))) << "no limit";
}

}  // namespace
}  // namespace tessera::model
