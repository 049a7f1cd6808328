#include "clients/record_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tessera::clients {
namespace {

class RecordCacheTest : public testing::Test {
 protected:
  RecordCache<int>::Pointer put(const Handle& handle, std::string_view name, int value, model::RealmId realm = 1) {
    auto record = std::make_shared<const int>(value);
    cache_.put(handle, realm, name, record, cache_.epoch());
    return record;
  }

  RecordCache<int> cache_{1'600};
  const Handle app_ = Handle::random();
  const Handle other_ = Handle::random();
};

TEST_F(RecordCacheTest, ARecordIsFoundByHandleAndByName) {
  const auto record = put(app_, "app", 1);
  EXPECT_EQ(cache_.find(app_), record);
  EXPECT_EQ(cache_.find(1, "app"), record);
  EXPECT_EQ(cache_.find(other_), nullptr);
  EXPECT_EQ(cache_.find(1, "other"), nullptr);
  EXPECT_EQ(cache_.find(2, "app"), nullptr) << "in another realm another name";
}

TEST_F(RecordCacheTest, TheSameNameInTwoRealmsIsTwoNames) {
  const auto first = put(app_, "app", 1, 1);
  const auto second = put(other_, "app", 2, 2);
  EXPECT_EQ(cache_.find(1, "app"), first);
  EXPECT_EQ(cache_.find(2, "app"), second);
}

TEST_F(RecordCacheTest, ADroppedRecordIsFoundNeitherWay) {
  put(app_, "app", 1);
  const auto other = put(other_, "other", 2);
  cache_.drop(app_);
  EXPECT_EQ(cache_.find(app_), nullptr);
  EXPECT_EQ(cache_.find(1, "app"), nullptr);
  EXPECT_EQ(cache_.find(other_), other);
}

TEST_F(RecordCacheTest, ANameLeadsToWhoHasItNow) {
  put(app_, "app", 1);
  cache_.drop(app_);
  const auto successor = put(other_, "app", 2);
  EXPECT_EQ(cache_.find(1, "app"), successor);
}

TEST_F(RecordCacheTest, DropIfTakesWhatIsStaleAndNothingElse) {
  put(app_, "app", 1);
  const auto other = put(other_, "other", 2);
  cache_.drop_if([](int value) { return value == 1; });
  EXPECT_EQ(cache_.find(app_), nullptr);
  EXPECT_EQ(cache_.find(other_), other);
}

TEST_F(RecordCacheTest, WhatWasReadBeforeAnyInvalidationIsNotKept) {
  const auto record = std::make_shared<const int>(1);
  const auto before_a_drop = cache_.epoch();
  cache_.drop(other_);
  cache_.put(app_, 1, "app", record, before_a_drop);
  EXPECT_EQ(cache_.find(app_), nullptr);
  const auto before_a_sweep = cache_.epoch();
  cache_.drop_if([](int) { return false; });
  cache_.put(app_, 1, "app", record, before_a_sweep);
  EXPECT_EQ(cache_.find(app_), nullptr);
  EXPECT_EQ(cache_.find(1, "app"), nullptr);
  cache_.put(app_, 1, "app", record, cache_.epoch());
  EXPECT_EQ(cache_.find(app_), record);
}

TEST_F(RecordCacheTest, ANewerRecordTakesTheOldOnesPlace) {
  put(app_, "app", 1);
  const auto newer = put(app_, "app", 2);
  EXPECT_EQ(cache_.find(app_), newer);
  EXPECT_EQ(cache_.find(1, "app"), newer);
}

TEST_F(RecordCacheTest, HoldsNoMoreThanItsCapacity) {
  std::vector<std::weak_ptr<const int>> records;
  for (int i = 0; i < 10'000; ++i) records.push_back(put(Handle::random(), std::to_string(i), i));
  const auto kept = std::count_if(records.begin(), records.end(), [](const auto& record) { return !record.expired(); });
  EXPECT_LE(kept, 1'600);
  EXPECT_GT(kept, 1'400) << "ten thousand at random fill every shard";
}

}  // namespace
}  // namespace tessera::clients
