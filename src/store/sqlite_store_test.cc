#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <limits>

#include "store/db_sqlite.h"
#include "store/sqlite_connection.h"
#include "store/store_conformance.h"

namespace tessera::store {

namespace {

namespace fs = std::filesystem;

std::function<Place()> back_up(const Place& place) {
  const auto path = place.folder->path() + "/tessera.db";
  fs::copy_file(path, path + ".backup", fs::copy_options::overwrite_existing);
  return [place, path] {
    fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
    return place;
  };
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(Engine{"sqlite", [] { return Place{}; }, false, back_up}));

namespace {

TEST(SqliteStore, ASecondOpenerIsTurnedAway) {
  World world{Place{}};
  const auto second = open_store(world.place().options());
  ASSERT_EQ(reason_of(second), Reason::store_unavailable);
  EXPECT_NE(second.error().context.find("another Tessera has it open"), std::string::npos);
  world.close();
  EXPECT_TRUE(open_store(world.place().options()));
}

TEST(SqliteStore, AMissingDatabaseThatShouldBeThereIsRefused) {
  World world{Place{}};
  world.close();
  fs::remove(world.place().folder->path() + "/tessera.db");
  const auto opened = open_store(world.place().options());
  ASSERT_EQ(reason_of(opened), Reason::store_corrupt);
  EXPECT_NE(opened.error().context.find(world.place().folder->path() + "/tessera.db is missing"), std::string::npos);
}

TEST(SqliteStore, ACorruptDatabaseIsRefusedWithWhatToDo) {
  World world{Place{}};
  world.close();
  std::ofstream(world.place().folder->path() + "/tessera.db") << std::string(8'192, 'x');
  const auto opened = open_store(world.place().options());
  ASSERT_EQ(reason_of(opened), Reason::store_corrupt);
  EXPECT_NE(opened.error().context.find("restore a backup"), std::string::npos);
}

TEST(SqliteStore, ADatabaseOfANewerTesseraIsRefused) {
  World world{Place{}};
  world.close();
  {
    const auto db = open_sqlite(world.place().folder->path() + "/tessera.db");
    ASSERT_TRUE(
        (*db)->write(Lane::pool, [](Connection& connection) { return connection.run_script("update meta set schema_version = 1000"); }));
  }
  EXPECT_EQ(reason_of(open_store(world.place().options())), Reason::config_invalid);
}

TEST(SqliteStore, ARestoredBackupIsRefusedUntilANewEpochStarts) {
  World world{Place{}};
  world.populate();
  const auto path = world.place().folder->path() + "/tessera.db";
  world.close();
  fs::copy_file(path, path + ".backup");
  world.open();
  world.must({Revoke{model::RevocationKind::client, world.client.handle}});
  EXPECT_EQ(*world.journal().start_epoch(), 2);
  world.close();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);

  const auto refused = open_store(world.place().options());
  ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
  EXPECT_NE(refused.error().context.find("tessera restore --accept"), std::string::npos);
  auto options = world.place().options();
  options.accept = Accept::restored;
  options.now = kNow;
  {
    const auto accepted = open_store(options);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(*(*accepted)->journal().start_epoch(), 3) << "after the epoch that the lost database had reached";
    ASSERT_TRUE((*accepted)->end_restore());
  }
  EXPECT_TRUE(open_store(world.place().options()));
}

TEST(SqliteStore, AFullDiskStopsWritesOnly) {
  World world{Place{}};
  world.populate();
  const auto family = world.opened(world.family());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  const auto rotated = world.rotate(family, 0);
  const auto found = world.sessions().find_family(kIo, family.handle);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(reason_of(rotated), Reason::store_unavailable);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->generation, 0);
  EXPECT_TRUE(world.rotate(family, 0)) << "recovers by itself";
}

TEST(SqliteStore, AFullDiskSaysWhatToDo) {
  const auto connection = *SqliteConnection::open(kInMemory, {});
  ASSERT_TRUE(connection->run_script("pragma max_page_count = 4; create table t (a blob)"));
  const auto filled = connection->run_script("insert into t values (zeroblob(1000000))");
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().context, "sqlite 13: database or disk is full; free space on the disk of data_dir, then try again");
}

TEST(SqliteStore, AfterCloseEverythingSaysSo) {
  World world{Place{}};
  world.populate();
  world.store().close();
  EXPECT_EQ(reason_of(world.config().realms()), Reason::shutting_down);
  EXPECT_EQ(world.refused({EndSecret{world.secret.handle}}), Reason::shutting_down);
}

TEST(MemoryStore, FaultsStrikeAsAsked) {
  Fault next = Fault::none;
  const auto store = *open_store_in_memory([&] { return next; });
  const auto put = [&](const char* name) {
    return store->config().commit(kPool, {PutRealm{{.handle = Handle::random(), .name = name}}}, {});
  };
  next = Fault::before_commit;
  EXPECT_EQ(reason_of(put("a")), Reason::store_unavailable);
  EXPECT_TRUE(store->config().realms()->empty());
  next = Fault::lost_outcome;
  EXPECT_EQ(reason_of(put("b")), Reason::commit_unknown);
  next = Fault::none;
  EXPECT_TRUE(put("c"));
  EXPECT_EQ(store->config().realms()->size(), 2U);
}

}  // namespace
}  // namespace tessera::store
