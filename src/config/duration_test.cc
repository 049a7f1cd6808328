#include "config/duration.h"

#include <gtest/gtest.h>

#include "config/nearest_key.h"

namespace tessera::config {
namespace {

TEST(Duration, ReadsAWholeNumberAndAUnit) {
  EXPECT_EQ(parse_duration_s("299s"), 299);
  EXPECT_EQ(parse_duration_s("60m"), 3'600);
  EXPECT_EQ(parse_duration_s("12h"), 43'200);
  EXPECT_EQ(parse_duration_s("30d"), 2'592'000);
  EXPECT_EQ(parse_duration_s("10y"), 315'360'000);
  EXPECT_EQ(parse_duration_s("0s"), 0);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text :
       {"", "s", "60", "-1s", "+1s", "1.5h", "60 m", " 60m", "60M", "1h30m", "101y", "9999999999999s", "99999999999999999999y", "0x1s"})
    EXPECT_FALSE(parse_duration_s(text)) << text;
}

TEST(Duration, FormatsTheShortestExactSpelling) {
  for (const char* text : {"0s", "299s", "1h", "90m", "30d", "1y", "36h"}) EXPECT_EQ(format_duration_s(*parse_duration_s(text)), text);
}

TEST(NearestKey, FindsASlipAndNothingFarAway) {
  const std::vector<std::string_view> known{"access_ttl", "refresh_ttl", "id"};
  EXPECT_EQ(nearest_key("acess_ttl", known), "access_ttl");
  EXPECT_EQ(nearest_key("refresh_tt", known), "refresh_ttl");
  EXPECT_EQ(nearest_key("colour", known), "");
  EXPECT_EQ(nearest_key("xy", known), "");
  EXPECT_EQ(nearest_key(std::string(100'000, 'a'), known), "");
}

}  // namespace
}  // namespace tessera::config
