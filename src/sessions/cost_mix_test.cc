#include "sessions/cost_mix.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::sessions {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

std::string record(int passes) { return "$argon2id$v=19$m=8,t=" + std::to_string(passes) + ",p=1$c2FsdA$aGFzaA"; }
std::string cost(int passes) { return std::string(cost_of(record(passes))); }

TEST(CostOf, IsARecordsStart) {
  EXPECT_EQ(cost_of("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), "$argon2id$v=19$m=19456,t=2,p=1$");
  EXPECT_EQ(cost_of("$argon2id$v=19$m=1048576,t=64,p=16$c2FsdA$aGFzaA"), "$argon2id$v=19$m=1048576,t=64,p=16$");
}

TEST(CostOf, IsNothingForWhatIsNotHashedBy) {
  for (const std::string text : {"", "password", "$argon2i$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA", "$argon2id$v=16$m=8,t=1,p=1$c2FsdA$aGFzaA",
                                 "$argon2id$v=19$m=8,t=1,p=1", "$argon2id$v=19$m=1048577,t=1,p=1$c2FsdA$aGFzaA",
                                 "$argon2id$v=19$m=8,t=65,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=8,t=1,p=17$c2FsdA$aGFzaA",
                                 "$argon2id$v=19$m=0,t=1,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=99999999999999999999,t=1,p=1$c2FsdA$aGFzaA"})
    EXPECT_EQ(cost_of(text), "") << text;
  EXPECT_EQ(cost_of(record(1) + std::string(200, 'a')), "") << "longer than any record";
}

TEST(CostMix, NothingCountedHasNoCost) {
  CostMix mix;
  EXPECT_EQ(mix.at(0), "");
  mix.add("");
  mix.add(record(65));
  EXPECT_EQ(mix.at(kLast), "");
}

TEST(CostMix, PointsAreSharedOutByCounts) {
  CostMix mix;
  for (const int passes : {2, 1, 2, 2}) mix.add(record(passes));
  EXPECT_EQ(mix.at(0), cost(1));
  EXPECT_EQ(mix.at(kLast / 4), cost(1));
  EXPECT_EQ(mix.at(kLast / 4 + 1), cost(2));
  EXPECT_EQ(mix.at(kLast), cost(2));
}

TEST(CostMix, AMigrationMovesPointsOnce) {
  std::string before = cost(1);
  bool moved = false;
  for (int migrated = 0; migrated <= 100; ++migrated) {
    CostMix mix;
    for (int user = 0; user < 100; ++user) mix.add(record(user < migrated ? 2 : 1));
    const std::string now(mix.at(kLast / 3));
    EXPECT_FALSE(moved && now != before) << migrated;
    moved = moved || now != before;
    before = now;
  }
  EXPECT_TRUE(moved);
}

TEST(CostMix, StaysSmall) {
  CostMix mix;
  for (int memory = 1; memory <= 1'000; ++memory) mix.add("$argon2id$v=19$m=" + std::to_string(1'000 + memory) + ",t=1,p=1$c2FsdA$aGFzaA");
  std::string_view highest;
  for (std::uint64_t point = 0; point < 1'000; ++point) highest = std::max(highest, mix.at(point * (kLast / 1'000)));
  EXPECT_EQ(highest, "$argon2id$v=19$m=1064,t=1,p=1$");
}

}  // namespace
}  // namespace tessera::sessions
