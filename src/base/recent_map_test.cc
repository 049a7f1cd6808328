#include "base/recent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace tessera::base {
namespace {

TEST(RecentMap, AnUnusedEntryGivesWay) {
  RecentMap<int, std::string> map(2);
  map.put(1, "one");
  map.put(2, "two");
  ASSERT_NE(map.find(1), nullptr);
  map.put(3, "three");
  EXPECT_EQ(map.find(2), nullptr);
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(1), "one");
  EXPECT_EQ(*map.find(3), "three");
}

TEST(RecentMap, WhereAllWereUsedTheOldestGivesWay) {
  RecentMap<int, int> map(3);
  for (const int i : {1, 2, 3}) map.put(i, i);
  for (const int i : {3, 2, 1}) ASSERT_NE(map.find(i), nullptr);
  EXPECT_EQ(map.put(4, 4), 4);
  EXPECT_EQ(map.peek(1), nullptr);
  for (const int i : {2, 3, 4}) EXPECT_NE(map.peek(i), nullptr) << i;
}

TEST(RecentMap, AUseSparesAnEntryOnce) {
  RecentMap<int, int> map(2);
  map.put(1, 10);
  map.put(2, 20);
  ASSERT_NE(map.find(1), nullptr);
  map.put(3, 30);
  map.put(4, 40);
  EXPECT_EQ(map.peek(1), nullptr);
}

TEST(RecentMap, OneThatWasSparedKeepsItsPlace) {
  RecentMap<int, int> map(3);
  for (const int i : {1, 2, 3}) map.put(i, i);
  ASSERT_NE(map.find(1), nullptr);
  for (const int i : {4, 5, 6}) map.put(i, i);  // the hand has passed 1: these take the places of 2, 3 and 4
  EXPECT_NE(map.peek(1), nullptr);
  EXPECT_EQ(map.peek(4), nullptr);
  map.put(7, 7);
  map.put(8, 8);
  EXPECT_NE(map.peek(1), nullptr) << "not its turn yet";
  EXPECT_EQ(map.peek(6), nullptr);
}

TEST(RecentMap, HoldsWhatAPlainMapHolds) {
  RecentMap<int, int> map(64);
  std::map<int, int> model;
  std::mt19937 random(1);
  for (int step = 0; step < 50'000; ++step) {
    const int key = static_cast<int>(random() % 48);  // fewer than the capacity: none gives way
    if (random() % 3 == 0) {
      map.erase(key);
      model.erase(key);
    } else {
      map.put(key, step);
      model[key] = step;
    }
    const int probe = static_cast<int>(random() % 48);
    const int* const found = map.find(probe);
    const auto known = model.find(probe);
    ASSERT_EQ(found != nullptr, known != model.end()) << "step " << step;
    if (found) {
      ASSERT_EQ(*found, known->second) << "step " << step;
    }
    ASSERT_EQ(map.size(), model.size()) << "step " << step;
  }
}

TEST(RecentMap, HashesThatMeetAreToldApart) {
  struct OneHash {
    std::size_t operator()(int) const { return 7; }
  };
  RecentMap<int, int, OneHash> map(8);
  for (int i = 0; i < 8; ++i) map.put(i, i);
  for (const int i : {0, 3, 7}) map.erase(i);
  for (const int i : {1, 2, 4, 5, 6}) {
    ASSERT_NE(map.peek(i), nullptr) << i;
    EXPECT_EQ(*map.peek(i), i);
  }
  for (const int i : {0, 3, 7}) EXPECT_EQ(map.peek(i), nullptr) << i;
}

TEST(RecentMap, PeekingIsNoUse) {
  RecentMap<int, int> map(2);
  map.put(1, 10);
  map.put(2, 20);
  ASSERT_NE(map.peek(1), nullptr);
  map.put(3, 30);
  EXPECT_EQ(map.peek(1), nullptr);
}

TEST(RecentMap, StaysAtItsCapacity) {
  RecentMap<int, int> map(100);
  for (int i = 0; i < 10'000; ++i) {
    map.put(i, i);
    ASSERT_LE(map.size(), 100U);
  }
  for (int i = 9'900; i < 10'000; ++i) EXPECT_NE(map.peek(i), nullptr) << i;
}

TEST(RecentMap, ReplacingKeepsOneEntryAndFreesTheOldValue) {
  RecentMap<int, std::shared_ptr<int>> map(2);
  const auto first = std::make_shared<int>(1);
  map.put(1, first);
  map.put(1, std::make_shared<int>(2));
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(**map.find(1), 2);
}

TEST(RecentMap, ErasedEntriesLeaveTheOrderIntact) {
  RecentMap<int, int> map(4);
  for (const int i : {1, 2, 3, 4}) map.put(i, i);
  map.erase(1);  // the oldest
  map.erase(4);  // the newest
  map.erase(7);  // unknown
  map.erase_if([](int value) { return value == 3; });
  EXPECT_EQ(map.size(), 1U);
  for (const int i : {5, 6, 7, 8}) map.put(i, i);
  EXPECT_EQ(map.size(), 4U);
  EXPECT_EQ(map.peek(2), nullptr);
}

TEST(RecentMap, ASmallerCapacityDropsTheOldestAtOnce) {
  RecentMap<int, int> map(4);
  for (const int i : {1, 2, 3, 4}) map.put(i, i);
  map.set_capacity(1);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_NE(map.peek(4), nullptr);
}

}  // namespace
}  // namespace tessera::base
