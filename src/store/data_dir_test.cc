#include "store/data_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/file_owner.h"
#include "store/db_sqlite.h"
#include "store/test_place.h"
#include "store/withdrawal_file.h"

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

TEST(OpenPrivate, WhatRootMakesBelongsToTheFoldersOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  const TempFolder folder;
  constexpr uid_t kNobody = 65'534;
  ASSERT_EQ(::chown(folder.path().c_str(), kNobody, kNobody), 0);
  const auto file = open_private(folder.path() + "/epoch");
  struct stat status{};
  ASSERT_EQ(::fstat(file.get(), &status), 0);
  EXPECT_EQ(status.st_uid, kNobody);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(OpenPrivate, FollowsNoLinkOutOfTheFolder) {
  const TempFolder folder;
  const TempFolder elsewhere;
  const auto target = elsewhere.path() + "/shadow";
  std::ofstream(target) << "secret";
  for (const char* name : {"/lock", "/epoch", "/withdrawals", "/tessera.db"})
    ASSERT_EQ(::symlink(target.c_str(), (folder.path() + name).c_str()), 0);
  if (::geteuid() == 0) ASSERT_EQ(::chown(folder.path().c_str(), 65'534, 65'534), 0);
  const auto refused = [&](const auto& result, std::string_view name) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().context,
              folder.path() + std::string(name) + ": Too many levels of symbolic links; it has to be a file, not a link");
  };
  refused(lock_file(folder.path() + "/lock"), "/lock");
  refused(EpochFile::open(folder.path() + "/epoch"), "/epoch");
  refused(WithdrawalFile::open(folder.path() + "/withdrawals"), "/withdrawals");
  refused(open_sqlite(folder.path() + "/tessera.db", {}, nullptr), "/tessera.db");
  struct stat status{};
  ASSERT_EQ(::stat(target.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
  EXPECT_EQ(status.st_size, 6);
}

TEST(EpochFile, WhatRootPutThereBelongsToTheFoldersOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  const TempFolder folder;
  for (const char* name : {"/epoch", "/withdrawals"}) std::ofstream(folder.path() + name) << "";
  ASSERT_EQ(::chown(folder.path().c_str(), 65'534, 65'534), 0);
  ASSERT_TRUE(EpochFile::open(folder.path() + "/epoch"));
  ASSERT_TRUE(WithdrawalFile::open(folder.path() + "/withdrawals"));
  for (const char* name : {"/epoch", "/withdrawals"}) EXPECT_EQ(base::owner_of(folder.path() + name), 65'534U) << name;
}

TEST(EpochFile, KeepsItsHighestMark) {
  const TempFolder folder;
  const auto path = folder.path() + "/epoch";
  {
    const auto file = *EpochFile::open(path);
    EXPECT_EQ(file->mark(), EpochMark{});
    EXPECT_FALSE(std::filesystem::exists(path)) << "to look makes nothing";
    ASSERT_TRUE(file->raise({1, 500}));
    ASSERT_TRUE(file->raise({1, 400}));
    ASSERT_TRUE(file->raise({2, 7}));
    ASSERT_TRUE(file->raise({.withdrawals = 3}));
    ASSERT_TRUE(file->change([](EpochMark& mark) {
      mark.stamps = {4, 5, 1};
      mark.restoring = Restoring::yes;
      mark.database_id = 77;
    }));
    ASSERT_TRUE(file->raise({2, 7}));
    ASSERT_TRUE(file->raise({.epoch = 2, .landmark = 9}));
    ASSERT_TRUE(file->raise({.epoch = 1, .journal_sum = 100, .landmark = 100}));
  }
  const auto again = *EpochFile::open(path);
  EXPECT_EQ(again->mark(), (EpochMark{2, 7, 3, {4, 5, 1}, Restoring::yes, 9, 77}));
  EXPECT_FALSE(again->is_lost());
}

TEST(EpochFile, WhatIsNotOneOfOursIsLost) {
  const TempFolder folder;
  const auto path = folder.path() + "/epoch";
  ASSERT_TRUE((*EpochFile::open(path))->raise({1, 500}));
  std::ifstream file(path);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (const std::string& text :
       {std::string("something else"), whole + " ", whole.substr(0, whole.size() - 1), std::string(whole.size(), '\0')}) {
    std::ofstream(path) << text;
    const auto broken = *EpochFile::open(path);
    EXPECT_TRUE(broken->is_lost() && broken->is_broken()) << text;
  }
  std::filesystem::resize_file(path, 0);
  const auto lost = *EpochFile::open(path);
  EXPECT_TRUE(lost->is_lost());
  EXPECT_FALSE(lost->is_broken());
  ASSERT_TRUE(lost->raise({2, 0}));
  EXPECT_EQ((*EpochFile::open(path))->mark(), (EpochMark{2, 0}));
}

}  // namespace
}  // namespace tessera::store
