#include "store/data_dir.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/test_place.h"

namespace tessera::store {
namespace {

TEST(LockFile, SaysWhatToDoWhenAServerHasIt) {
  const TempFolder folder;
  const auto path = folder.path() + "/lock";
  const auto held = lock_file(path);
  ASSERT_TRUE(held);
  EXPECT_EQ(lock_file(path).error().context,
            path + ": locked by a running server; stop it, or run the command with its --config on its machine");
}

TEST(EpochFile, KeepsItsHighestMarkAndRefusesOtherFiles) {
  const TempFolder folder;
  const auto path = folder.path() + "/epoch";
  {
    const auto file = *EpochFile::open(path);
    EXPECT_EQ(file->mark(), EpochMark{});
    ASSERT_TRUE(file->raise({1, 500}));
    ASSERT_TRUE(file->raise({1, 400}));
    ASSERT_TRUE(file->raise({2, 7}));
    ASSERT_TRUE(file->raise({.withdrawals = 3}));
    ASSERT_TRUE(file->note_stamps({4, 5, 1}));
    ASSERT_TRUE(file->raise({2, 7}));
  }
  EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 7, 3, {4, 5, 1}}));
  std::ofstream(path) << "something else";
  EXPECT_EQ(reason_of(EpochFile::open(path)), Reason::store_corrupt);
}

}  // namespace
}  // namespace tessera::store
