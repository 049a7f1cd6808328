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
            path + ": another Tessera has it open, a server or a command; stop that one, or give the command the server's own --config");
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
    ASSERT_TRUE(file->change([](EpochMark& mark) {
      mark.stamps = {4, 5, 1};
      mark.restoring = Restoring::yes;
    }));
    ASSERT_TRUE(file->raise({2, 7}));
    ASSERT_TRUE(file->raise({.epoch = 2, .landmark = 9}));
    ASSERT_TRUE(file->raise({.epoch = 1, .journal_sum = 100, .landmark = 100}));
  }
  EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 7, 3, {4, 5, 1}, Restoring::yes, 9}));
  std::ofstream(path) << "something else";
  EXPECT_EQ(reason_of(EpochFile::open(path)), Reason::store_corrupt);
}

TEST(EpochFile, ReadsItsEarlierFormsAndWhatACrashMadeOfThem) {
  const TempFolder folder;
  const auto path = folder.path() + "/epoch";
  const std::string two = "tessera epoch 0000000000000002 journal 0000000000000007";
  const std::string six = two + " withdrawals 0000000000000003 stamp 0000000000000004 next 0000000000000005 log 0000000000000001";
  const std::string seven = six + " restoring 0000000000000001";
  for (const char* end : {"\n", " "}) {
    std::ofstream(path) << two << end;
    EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 7}));
    std::ofstream(path) << six << end;
    EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 7, 3, {4, 5, 1}}));
    std::ofstream(path) << seven << end;
    EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 7, 3, {4, 5, 1}, Restoring::yes}));
  }
  for (const std::string& other : {two, six, six + "  ", six + " restoring 0000000000000003\n", seven + " landmark 0000000000000001 "}) {
    std::ofstream(path) << other;
    EXPECT_EQ(reason_of(EpochFile::open(path)), Reason::store_corrupt) << other;
  }
}

}  // namespace
}  // namespace tessera::store
