#include <gtest/gtest.h>

#include "base/result.h"

namespace tessera::base {
namespace {

TEST(Reasons, NameCodeAndLineComeFromOneRow) {
  EXPECT_EQ(reason_name(Reason::client_secret_wrong), "client_secret_wrong");
  EXPECT_EQ(reason_oauth_code(Reason::client_secret_wrong), "invalid_client");
  EXPECT_EQ(reason_line(Reason::client_secret_wrong), "The secret matches no live version.");
  EXPECT_EQ(reason_oauth_code(Reason::would_wait), "");
}

TEST(Reasons, EveryNameLeadsBackToItsReason) {
  for (int i = 0; i <= static_cast<int>(Reason::internal); ++i) {
    const auto reason = static_cast<Reason>(i);
    Reason found{};
    ASSERT_TRUE(find_reason(reason_name(reason), found)) << i;
    EXPECT_EQ(found, reason);
    EXPECT_FALSE(reason_line(reason).empty());
  }
}

TEST(Reasons, AnUnknownNameLeavesTheOutputAlone) {
  Reason found = Reason::pool_full;
  EXPECT_FALSE(find_reason("client_secret_wron", found));
  EXPECT_FALSE(find_reason("", found));
  EXPECT_EQ(found, Reason::pool_full);
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Reason::parameter_invalid, "odd");
  return number / 2;
}
Result<int> quarter(int number) {
  const int once = TRY(half(number));
  return TRY(half(once));
}

TEST(Reasons, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(12), 3);
  const auto odd = quarter(6);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().reason, Reason::parameter_invalid);
  EXPECT_EQ(odd.error().context, "odd");
}

}  // namespace
}  // namespace tessera::base
