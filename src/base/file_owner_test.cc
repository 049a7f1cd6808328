#include "base/file_owner.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "base/fd.h"

namespace tessera::base {
namespace {

TEST(FileOwner, UsersHaveNamesOrNumbers) {
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(user_name(4'000'000), "4000000");
}

TEST(FileOwner, SaysWhereRightsAreMissingAsWhomToRun) {
  std::string folder = ::testing::TempDir() + "file-owner-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/epoch";
  const auto said = [&](int code) {
    errno = code;
    return system_error(path);
  };
  EXPECT_EQ(said(ENOSPC), path + ": No space left on device");
  EXPECT_EQ(said(ELOOP), path + ": Too many levels of symbolic links; it has to be a file, not a link");
  EXPECT_EQ(said(EACCES), path + ": Permission denied; chown it to " + user_name(::geteuid()));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(folder.c_str(), 4'000'000, 0), 0);
    EXPECT_EQ(owner_of(folder), 4'000'000U);
    EXPECT_EQ(said(EACCES), path + ": Permission denied; run it as 4000000, who owns " + folder);
  }
  EXPECT_FALSE(owner_of(path));
  std::filesystem::remove_all(folder);
}

TEST(FileOwner, WhatIsNotRootsOrHasAnotherNameIsNotGivenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  std::string path = ::testing::TempDir() + "given-XXXXXX";
  const Fd file(::mkstemp(path.data()));
  const std::string other_name = path + ".other";
  ASSERT_EQ(::link(path.c_str(), other_name.c_str()), 0);
  EXPECT_TRUE(give_to(file.get(), 4'000'000));
  EXPECT_EQ(owner_of(path), 0U) << "the other name may stand anywhere";
  ::unlink(other_name.c_str());
  ASSERT_EQ(::fchown(file.get(), 4'000'001, 0), 0);
  EXPECT_TRUE(give_to(file.get(), 4'000'000));
  EXPECT_EQ(owner_of(path), 4'000'001U);
  ::unlink(path.c_str());
}

TEST(FileOwner, WhatRootMakesIsGivenAway) {
  std::string path = ::testing::TempDir() + "given-XXXXXX";
  const Fd file(::mkstemp(path.data()));
  EXPECT_TRUE(give_to(file.get(), 4'000'000));
  EXPECT_EQ(owner_of(path), ::geteuid() == 0 ? 4'000'000 : ::geteuid());
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace tessera::base
