#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace tessera::base {
namespace {

std::int64_t us_of(std::string_view text) {
  const auto at = parse_timestamp(text);
  return at ? to_us(*at) : -1;
}

TEST(Timestamp, ReadsSecondsAndAnyFraction) {
  EXPECT_EQ(us_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(us_of("2032-01-31T23:59:59Z"), 1'959'206'399'000'000);
  EXPECT_EQ(us_of("2032-01-31T23:59:59.5Z"), 1'959'206'399'500'000);
  EXPECT_EQ(us_of("2032-01-31T23:59:59.123456789Z"), 1'959'206'399'123'456);
  EXPECT_EQ(us_of("2032-01-31T23:59:59." + std::string(5'000, '9') + "Z"), 1'959'206'399'999'999);
  EXPECT_EQ(us_of("9999-12-31T23:59:59Z"), 253'402'300'799'000'000);
}

TEST(Timestamp, KnowsLeapYears) {
  EXPECT_NE(us_of("2028-02-29T00:00:00Z"), -1);
  EXPECT_NE(us_of("2000-02-29T00:00:00Z"), -1);
  EXPECT_EQ(us_of("2027-02-29T00:00:00Z"), -1);
  EXPECT_EQ(us_of("2100-02-29T00:00:00Z"), -1);
}

// security.md, case 89 among them.
TEST(Timestamp, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "Z",
                                      "10000-01-01T00:00:00Z",
                                      "+10000-01-01T00:00:00Z",
                                      "1969-12-31T23:59:59Z",
                                      "0000-01-01T00:00:00Z",
                                      "2032-00-10T00:00:00Z",
                                      "2032-13-10T00:00:00Z",
                                      "2032-04-31T00:00:00Z",
                                      "2032-04-00T00:00:00Z",
                                      "2032-04-10T24:00:00Z",
                                      "2032-04-10T00:60:00Z",
                                      "2032-04-10T23:59:60Z",
                                      "2032-04-10T00:00:00",
                                      "2032-04-10T00:00:00.Z",
                                      "2032-04-10T00:00:00.1",
                                      "2032-04-10T00:00:00.1xZ",
                                      "2032-04-10T00:00:00+00:00",
                                      "2032-04-10T00:00:00ZZ",
                                      "2032-04-10 00:00:00Z",
                                      "2032-04-10t00:00:00z",
                                      "2032-4-10T00:00:00Z",
                                      "2032-04-10T00:00Z",
                                      " 2032-04-10T00:00:00Z",
                                      "2032-04-10T00:00:00Z\n",
                                      "2032-04-10T-1:00:00Z",
                                      "2032-04-10T00:00:00,5Z"})
    EXPECT_EQ(us_of(text), -1) << text;
  EXPECT_EQ(parse_timestamp("tomorrow").error().reason, Reason::expiry_malformed);
}

TEST(Timestamp, WritesWhatItReads) {
  for (const std::string_view text : {"1970-01-01T00:00:00Z", "2028-02-29T12:34:56Z", "9999-12-31T23:59:59Z"})
    EXPECT_EQ(format_timestamp(*parse_timestamp(text)), text);
  EXPECT_EQ(format_timestamp(*parse_timestamp("2032-01-31T23:59:59.999Z")), "2032-01-31T23:59:59Z");
}

}  // namespace
}  // namespace tessera::base
