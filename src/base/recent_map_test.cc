#include "base/recent_map.h"

#include <gtest/gtest.h>

#include <memory>
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
