// A store that was locked, or whose disk was full, said so and left the operator with it.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "store/data_dir.h"
#include "store/sqlite_connection.h"

namespace tessera::store {
namespace {

TEST(StoreSaysWhatToDo, WhenAServerHasIt) {
  char name[] = "/tmp/tessera-issue-XXXXXX";
  const std::string dir = ::mkdtemp(name);
  const auto held = lock_file(dir + "/lock");
  ASSERT_TRUE(held);
  EXPECT_EQ(lock_file(dir + "/lock").error().context,
            dir + "/lock: locked by a running server; stop it, or run the command with its --config on its machine");
  std::filesystem::remove_all(dir);
}

TEST(StoreSaysWhatToDo, WhenTheDiskIsFull) {
  const auto connection = SqliteConnection::open(":memory:", {});
  ASSERT_TRUE(connection);
  ASSERT_TRUE((*connection)->run_script("pragma max_page_count = 4; create table t (a blob)"));
  const auto filled = (*connection)->run_script("insert into t values (zeroblob(1000000))");
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().context, "sqlite 13: database or disk is full; free space on the disk of data_dir, then try again");
}

}  // namespace
}  // namespace tessera::store
