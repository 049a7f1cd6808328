#include "sessions/cost_mix.h"

#include <gtest/gtest.h>

#include <limits>

#include "sessions/password_record.h"

namespace tessera::sessions {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

std::string record(int passes) { return "$argon2id$v=19$m=8,t=" + std::to_string(passes) + ",p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"; }
std::string cost(int passes) { return std::string(cost_of(record(passes))); }

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

TEST(CostMix, EverySchemeCounts) {
  CostMix mix;
  for (const char* start : {"$pbkdf2-sha512$i=210000,l=16$", "$pbkdf2$i=20000,l=16$", "$pbkdf2$i=20000,l=16$"})
    mix.add(std::string(start) + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA");
  mix.add("$pbkdf2$i=999,l=16$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA");
  EXPECT_EQ(mix.at(0), "$pbkdf2$i=20000,l=16$");
  EXPECT_EQ(mix.at(kLast), "$pbkdf2-sha512$i=210000,l=16$");
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
  for (int memory = 1; memory <= 1'000; ++memory)
    mix.add("$argon2id$v=19$m=" + std::to_string(1'000 + memory) + ",t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA");
  std::string_view highest;
  for (std::uint64_t point = 0; point < 1'000; ++point) highest = std::max(highest, mix.at(point * (kLast / 1'000)));
  EXPECT_EQ(highest, "$argon2id$v=19$m=1064,t=1,p=1$");
}

}  // namespace
}  // namespace tessera::sessions
