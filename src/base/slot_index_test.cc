#include "base/slot_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tessera::base {
namespace {

constexpr auto kAny = [](SlotNumber) { return true; };
auto is(SlotNumber wanted) {
  return [wanted](SlotNumber slot) { return slot == wanted; };
}

TEST(SlotIndex, AnEmptyOneFindsNothing) { EXPECT_EQ(SlotIndex().find(0, kAny), kNoSlot); }

TEST(SlotIndex, FindsWhatWasInsertedUnderThatHashOnly) {
  SlotIndex index;
  index.insert(7, 70);
  EXPECT_EQ(index.find(7, kAny), 70U);
  EXPECT_EQ(index.find(8, kAny), kNoSlot);
  EXPECT_EQ(index.find(7 + 8, kAny), kNoSlot) << "the same home in a table of eight, another hash";
  EXPECT_EQ(index.find(7, is(71)), kNoSlot);
}

TEST(SlotIndex, HashesThatAreEqualAreToldApartByTheCaller) {
  SlotIndex index;
  for (const SlotNumber slot : {1U, 2U, 3U}) index.insert(5, slot);
  for (const SlotNumber slot : {1U, 2U, 3U}) EXPECT_EQ(index.find(5, is(slot)), slot);
  index.erase(5, 1);
  EXPECT_EQ(index.find(5, is(1)), kNoSlot);
  for (const SlotNumber slot : {2U, 3U}) EXPECT_EQ(index.find(5, is(slot)), slot);
}

TEST(SlotIndex, ARunThatGoesRoundTheEndStaysWholeWhenOneOfItGoes) {
  // Homes 6, 7, 7, 0 in a table of eight: they stand at 6, 7, 0, 1.
  SlotIndex index;
  for (const std::uint32_t hash : {6U, 7U, 15U, 8U}) index.insert(hash, hash);
  index.erase(7, 7);
  for (const std::uint32_t hash : {6U, 15U, 8U}) EXPECT_EQ(index.find(hash, kAny), hash);
  index.erase(6, 6);
  for (const std::uint32_t hash : {15U, 8U}) EXPECT_EQ(index.find(hash, kAny), hash);
}

TEST(SlotIndex, SpreadTellsHashesApartThatDifferAnywhere) {
  std::set<std::uint32_t> low_bits;
  for (std::size_t i = 0; i < 256; ++i) {
    low_bits.insert(SlotIndex::spread(i << 56) >> 24);
    low_bits.insert(SlotIndex::spread(i) >> 24);
  }
  EXPECT_GT(low_bits.size(), 128U);
}

TEST(SlotIndex, HoldsWhatAPlainMapHolds) {
  SlotIndex index;
  std::map<SlotNumber, std::uint32_t> model;
  std::mt19937 random(1);
  for (int step = 0; step < 100'000; ++step) {
    const SlotNumber slot = static_cast<SlotNumber>(random() % 200);
    if (const auto known = model.find(slot); known != model.end()) {
      index.erase(known->second, slot);
      model.erase(known);
    } else {
      const std::uint32_t hash = static_cast<std::uint32_t>(random() % 64);  // few, so that runs meet
      index.insert(hash, slot);
      model[slot] = hash;
    }
    const SlotNumber probe = static_cast<SlotNumber>(random() % 200);
    const auto known = model.find(probe);
    const std::uint32_t hash = known == model.end() ? static_cast<std::uint32_t>(random() % 64) : known->second;
    ASSERT_EQ(index.find(hash, is(probe)), known == model.end() ? kNoSlot : probe) << "step " << step;
  }
}

}  // namespace
}  // namespace tessera::base
