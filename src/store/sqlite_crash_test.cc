// What a crash leaves behind, and backups, as files.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "store/db_sqlite.h"
#include "store/sqlite_connection.h"
#include "store/store_conformance.h"

namespace tessera::store {
namespace {

namespace fs = std::filesystem;

class SqliteCrash : public testing::Test {
 protected:
  SqliteCrash() { world.populate(); }
  /// All files as they are at this moment, with the store closed.
  void crash() {
    const auto copy = [&](const std::string& from, const std::string& to) {
      for (const char* name : {"tessera.db", "tessera.db-wal", "epoch", "withdrawals"})
        if (fs::exists(folder + name + from)) fs::copy_file(folder + name + from, folder + name + to, fs::copy_options::overwrite_existing);
    };
    copy("", ".crash");
    world.close();
    copy(".crash", "");
  }
  void change_email(const std::string& name) {
    world.user.profile.email = name;
    world.must({PutUser{world.user}});
  }
  std::string refusal() const {
    const auto opened = open_store(world.place().options());
    return opened ? "" : opened.error().context;
  }

  World world{Place{}};
  const std::string folder = world.place().folder->path() + "/";
  const std::string path = folder + "tessera.db";
};

TEST_F(SqliteCrash, ALogOfItsOwnIsFoldedIn) {
  world.reopen();
  change_email("after");
  crash();
  world.open();
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "after");
}

TEST_F(SqliteCrash, ALogIsNotFoldedIntoARestoredBackup) {
  world.close();
  fs::copy_file(path, path + ".backup");
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.reopen();
  change_email("after");
  crash();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
  world.accept_restored();
  EXPECT_TRUE(world.config().secrets_of(kPool, world.client.handle)->empty());
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "");
  // The log that begins now is this database's own.
  change_email("again");
  crash();
  world.open();
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "again");
}

TEST_F(SqliteCrash, AFoldThatACrashCutShortIsFinished) {
  world.reopen();
  std::vector<Change> many;
  for (int i = 0; i < 500; ++i) {
    auto user = world.user;
    user.handle = Handle::random();
    user.username = "user" + std::to_string(i);
    many.emplace_back(PutUser{user});
  }
  world.must(many);
  crash();
  // Page 1 is written first, with the new number of pages: more than the file has yet.
  constexpr std::streamoff kPagesAt = 28;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(kPagesAt).write("\0\0\x27\x10", 4);
  file.close();
  world.open();
  EXPECT_TRUE(world.config().find_user(kPool, world.realm.id, "user499"));
}

/// Notes stamps only while `works`.
struct Notes {
  EpochFile& epoch;
  bool works = true;
  std::function<bool()> next_works = [this] { return works; };

  NoteStamps note() {
    return [this](const LogStamps& stamps) -> Status {
      if (!next_works()) return fail(Reason::store_unavailable, "can't be noted");
      return epoch.change([&](EpochMark& mark) { mark.stamps = stamps; });
    };
  }
};

Status touch(Db& db) {
  return db.write(Lane::pool, [](Connection& connection) { return connection.execute("update meta set one = one", {}); });
}

/// As long as a log may grow, and longer.
Status write_much(Db& db) {
  TRY(db.write(Lane::pool, [](Connection& connection) { return connection.run_script("create table much (a blob)"); }));
  return db.write(Lane::pool, [](Connection& connection) -> Status {
    for (int i = 0; i < 10; ++i) TRY(connection.execute("insert into much values (zeroblob(1000000))", {}));
    return {};
  });
}

TEST_F(SqliteCrash, AStartAndAStopThatCantBeNotedLeaveAHealthyDatabase) {
  for (int fails_at = 0; fails_at < 6; ++fails_at) {
    world.close();
    {
      const auto epoch = EpochFile::open(folder + "epoch").value();
      int noted = 0;
      Notes notes{.epoch = *epoch, .next_works = [&] { return noted++ < fails_at; }};
      const auto db = open_sqlite(path, epoch->mark().stamps, notes.note());
      EXPECT_EQ(db.has_value(), fails_at >= 3) << fails_at << ": what a log stands on is known before it begins";
      EXPECT_TRUE(!db || touch(**db));
    }
    EXPECT_EQ(refusal(), "") << fails_at;
    world.open();
    change_email(std::to_string(fails_at));
  }
}

TEST_F(SqliteCrash, NoCommitBeginsALogOnAFileThatIsNotNoted) {
  world.close();
  const auto epoch = EpochFile::open(folder + "epoch").value();
  Notes notes{.epoch = *epoch};
  {
    const auto db = open_sqlite(path, epoch->mark().stamps, notes.note()).value();
    // The fold's first note works, and its second, which is asked for again before each commit.
    int noted = 0;
    notes.next_works = [&] { return noted++ == 0; };
    ASSERT_TRUE(write_much(*db));
    EXPECT_EQ(reason_of(touch(*db)), Reason::store_unavailable);
    EXPECT_NE(epoch->mark().stamps.present, epoch->mark().stamps.next);
    notes.next_works = [] { return true; };
    EXPECT_TRUE(touch(*db));
    EXPECT_EQ(epoch->mark().stamps.present, epoch->mark().stamps.next);
  }
  EXPECT_EQ(refusal(), "");
}

/// A reader of another process, with a view that it keeps.
std::unique_ptr<SqliteConnection> begin_reading(const std::string& path) {
  auto reader = SqliteConnection::open(path, {.mode = SqliteConnection::Mode::read}).value();
  EXPECT_TRUE(reader->run_script("begin; select * from meta"));
  return reader;
}

TEST_F(SqliteCrash, AReaderThatStaysLetsTheLogBeNoted) {
  world.close();
  {
    const auto reader = begin_reading(path);
    world.open();
    change_email("after");
    crash();
  }
  EXPECT_EQ(EpochFile::open(folder + "epoch").value()->mark().stamps.has_log, 1);
  fs::remove(path + "-wal");
  EXPECT_NE(refusal().find("restored"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, AReaderThatStaysTakesFewStamps) {
  world.close();
  const auto reader = begin_reading(path);
  const auto epoch = EpochFile::open(folder + "epoch").value();
  Notes notes{.epoch = *epoch};
  const auto db = open_sqlite(path, epoch->mark().stamps, notes.note()).value();
  ASSERT_TRUE(write_much(*db));
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(touch(*db));
  EXPECT_LT(epoch->mark().stamps.next % (1 << LogStamps::kAttemptBits), 4);
}

TEST_F(SqliteCrash, WithoutStampsLeftTheDatabaseOpensAllTheSame) {
  for (const bool reader_stays : {false, true}) {
    world.reopen();
    auto reader = reader_stays ? begin_reading(path) : nullptr;
    change_email("before");
    // Where a reader stays, its log does too.
    reader_stays ? world.close() : crash();
    {
      const auto epoch = EpochFile::open(folder + "epoch").value();
      ASSERT_TRUE(epoch->change([](EpochMark& mark) { mark.stamps.next |= (1 << LogStamps::kAttemptBits) - 1; }));
    }
    world.open();
    change_email("later");
    world.close();
    reader.reset();
    EXPECT_EQ(refusal(), "") << reader_stays;
    world.open();
    EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "later");
  }
}

TEST_F(SqliteCrash, AStopWaitsForAReader) {
  world.reopen();
  change_email("after");
  auto reader = begin_reading(path);
  change_email("later");
  std::jthread leaves([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    reader.reset();
  });
  world.close();
  EXPECT_EQ(EpochFile::open(folder + "epoch").value()->mark().stamps.has_log, 0);
  EXPECT_FALSE(fs::exists(path + "-wal"));
}

TEST_F(SqliteCrash, AStartThatEndsBeforeItsFirstWriteLeavesAHealthyDatabase) {
  world.close();
  const auto epoch = EpochFile::open(folder + "epoch").value();
  LogStamps begun = epoch->mark().stamps;
  EXPECT_EQ(begun.has_log, 0);
  begun.next += 1;
  ASSERT_TRUE(epoch->change([&](EpochMark& mark) { mark.stamps = begun; }));
  EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteCrash, ALogOfAnotherHistoryIsNotFoldedIntoALaterBackup) {
  world.close();
  fs::copy_file(path, path + ".early");
  world.open();
  change_email("late");
  world.close();
  fs::copy_file(path, path + ".late");
  fs::copy_file(path + ".early", path, fs::copy_options::overwrite_existing);
  world.accept_restored();
  change_email("other");
  crash();
  fs::copy_file(path + ".late", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, ABackupWithoutARevocationAfterItIsNoticedToo) {
  world.close();
  fs::copy_file(path, path + ".backup");
  world.open();
  change_email("after");
  world.close();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, ABackupWithoutItsLogIsNoticed) {
  world.reopen();
  crash();
  fs::remove(path + "-wal");
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, ALostEpochIsMissedUntilItIsGivenUp) {
  auto epoch = *world.journal().epoch();
  world.close();
  for (const bool removed : {true, false}) {
    removed ? (void)fs::remove(folder + "epoch") : fs::resize_file(folder + "epoch", 0);
    for (int time = 0; time < 2; ++time) EXPECT_NE(refusal().find("epoch is missing or broken"), std::string::npos) << refusal();
    const auto before = epoch;
    world.accept_restored(true);
    epoch = *world.journal().epoch();
    EXPECT_GE(epoch, before + 16) << "beyond whatever it may have said";
    world.reopen();
    world.close();
  }
}

TEST_F(SqliteCrash, AnEmptyFileIsNoNewDatabase) {
  world.close();
  fs::resize_file(path, 0);
  EXPECT_NE(refusal().find("missing or empty"), std::string::npos) << refusal();
  EXPECT_THROW(world.accept_restored(), std::runtime_error);
  EXPECT_NE(refusal().find("missing or empty"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, ALostEpochLetsTheOperatorSayWhoseLogItIs) {
  for (const bool is_copy : {false, true}) {
    world.reopen();
    change_email("before");
    world.reopen();
    change_email("after");
    crash();
    fs::remove(folder + "epoch");
    EXPECT_NE(refusal().find("restore --as-is"), std::string::npos) << refusal();
    is_copy ? world.accept_restored(true) : world.accept_as_is();
    EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, is_copy ? "before" : "after");
    EXPECT_EQ(fs::exists(path + "-wal.set-aside"), is_copy);
  }
}

TEST_F(SqliteCrash, ALogIsNotFoldedIntoACopyWithOtherPages) {
  world.reopen();
  change_email("after");
  {
    const auto db = open_sqlite(path);
    ASSERT_TRUE((*db)->read(Lane::pool,
                            [&](Connection& connection) { return connection.execute("vacuum into :copy", {{"copy", path + ".backup"}}); }));
  }
  change_email("last");
  crash();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
  // Nor when nothing tells whose log it is.
  fs::remove(folder + "epoch");
  EXPECT_THROW(world.accept_as_is(), std::runtime_error);
  world.accept_restored(true);
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "after");
}

/// As SQLite's tool does: page by page, the log's newest.
void back_up_live(const std::string& from, const std::string& to) {
  sqlite3* source = nullptr;
  sqlite3* copy = nullptr;
  ASSERT_EQ(sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_open(to.c_str(), &copy), SQLITE_OK);
  auto* const backup = sqlite3_backup_init(copy, "main", source, "main");
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  sqlite3_backup_finish(backup);
  sqlite3_close(copy);
  sqlite3_close(source);
}

TEST_F(SqliteCrash, ABackupOfATimeWithoutFoldsIsNoticed) {
  world.close();
  auto reader = begin_reading(path);
  world.open();
  change_email("at the backup");
  back_up_live(path, path + ".backup");
  reader.reset();
  change_email("after");
  world.close();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, ALogIsNotFoldedIntoABackupOfATimeWithoutFolds) {
  world.close();
  auto reader = begin_reading(path);
  world.open();
  change_email("at the backup");
  back_up_live(path, path + ".backup");
  reader.reset();
  std::vector<Change> many;
  for (int i = 0; i < 3'000; ++i) {
    auto user = world.user;
    user.handle = Handle::random();
    user.username = "user" + std::to_string(i);
    user.profile.email = std::string(4'000, 'x');
    many.emplace_back(PutUser{user});
  }
  world.must(many);
  change_email("in another log");
  crash();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_NE(refusal().find("restored copy"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, AFoldedLogIsTakenAsItIsByWhoeverKnows) {
  world.reopen();
  change_email("after");
  crash();
  {
    ASSERT_TRUE(SqliteConnection::open(path, {}).value()->checkpoint());
  }
  fs::remove(path + "-wal");
  EXPECT_NE(refusal().find("restore --as-is"), std::string::npos) << refusal();
  world.accept_as_is();
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "after");
  EXPECT_EQ(*world.journal().epoch(), 1) << "tokens live on";
  world.reopen();
}

TEST_F(SqliteCrash, WhatIsRefusedChangesNothing) {
  world.close();
  fs::copy_file(path, path + ".backup");
  world.open();
  change_email("after");
  crash();
  for (const char* name : {"tessera.db", "tessera.db-wal"}) fs::copy_file(folder + name, folder + name + ".kept");
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  EXPECT_THROW(world.accept_as_is(), std::runtime_error);
  EXPECT_NE(refusal(), "");
  for (const char* name : {"tessera.db", "tessera.db-wal"})
    fs::copy_file(folder + name + std::string(".kept"), folder + name, fs::copy_options::overwrite_existing);
  EXPECT_EQ(refusal(), "") << "the database that was there is put back, and nothing has happened";
  world.open();
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "after");
}

TEST_F(SqliteCrash, AStrangeLogIsSetAsideNotLost) {
  world.close();
  fs::copy_file(path, path + ".backup");
  world.open();
  change_email("after");
  world.close();
  world.open();
  change_email("later");
  crash();
  fs::copy_file(path + ".backup", path, fs::copy_options::overwrite_existing);
  world.accept_restored();
  EXPECT_GT(fs::file_size(path + "-wal.set-aside"), 0U);
}

TEST_F(SqliteCrash, AFileThatIsPutInItsPlaceStopsTheServer) {
  fs::copy_file(path, path + ".backup");
  EXPECT_TRUE(world.store().keep());
  fs::rename(path + ".backup", path);
  EXPECT_EQ(reason_of(world.store().keep()), Reason::store_corrupt);
  world.close();
  EXPECT_NE(refusal().find("restore --accept"), std::string::npos) << refusal();
}

TEST_F(SqliteCrash, WhatCantBeReadIsNotMissing) {
  world.close();
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(refusal(), path + ": Is a directory");
}

TEST_F(SqliteCrash, WhatIsNoDatabaseBeginsNoRestore) {
  world.close();
  fs::copy_file(path, path + ".kept");
  std::ofstream(path) << "some text";
  EXPECT_THROW(world.accept_restored(), std::runtime_error);
  fs::copy_file(path + ".kept", path, fs::copy_options::overwrite_existing);
  EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteCrash, WithdrawalsTellOfADatabaseThatIsGone) {
  world.must({EndSecret{world.secret.handle}});
  world.close();
  fs::remove(path);
  fs::remove(folder + "epoch");
  EXPECT_NE(refusal().find("withdrawals says that there was one"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace tessera::store
