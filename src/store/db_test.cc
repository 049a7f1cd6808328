#include "store/db.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include "store/db_sqlite.h"
#include "store/migrations.h"
#include "store/postgres_connection.h"
#include "store/test_place.h"

namespace tessera::store {
namespace {

class SqliteDbTest : public testing::Test {
 protected:
  SqliteDbTest() : db(*open_sqlite(folder.path() + "/db")) {
    const auto made = db->write(
        Lane::pool, [](Connection& connection) { return connection.run_script("create table t (n {int64} primary key) {strict}"); });
    if (!made) std::abort();
  }
  static Status insert(Connection& connection, int n) {
    TRY(connection.execute("insert into t (n) values (:n)", {{"n", n}}));
    return {};
  }
  std::vector<std::int64_t> rows() {
    std::vector<std::int64_t> all;
    EXPECT_TRUE(db->read(Lane::io, [&](Connection& connection) -> Status {
      all.clear();
      TRY(connection.execute("select n from t order by n", {}, [&](const Row& row) { all.push_back(row.int64(0)); }));
      return {};
    }));
    return all;
  }
  TempFolder folder;
  std::unique_ptr<Db> db;
};

/// Waits as a request that was put aside does: `begin` is called when the test says so.
class HeldPause final : public Pause {
 public:
  void wait(std::move_only_function<void()> begin) override {
    begin_ = std::move(begin);
    waits_.count_down();
    woken_.acquire();
  }
  void wake() override { woken_.release(); }
  void begin_once_waiting() {
    waits_.wait();
    begin_();
  }
  void await_waiting() { waits_.wait(); }

 private:
  std::move_only_function<void()> begin_;
  std::latch waits_{1};
  std::binary_semaphore woken_{0};
};

TEST_F(SqliteDbTest, OnAConnectionsThreadAWriteNeedsAPause) {
  const auto refused = db->write(Lane::io, [](Connection& connection) { return insert(connection, 1); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::would_wait);
  EXPECT_TRUE(rows().empty());
}

TEST_F(SqliteDbTest, WhoeverBeginsTakesAlongWhatWasGathered) {
  HeldPause first;
  HeldPause second;
  std::jthread one([&] { EXPECT_TRUE(db->write(Lane::io, &first, [](Connection& connection) { return insert(connection, 1); })); });
  first.await_waiting();
  EXPECT_EQ(db->depth(), 1U);
  std::jthread two([&] { EXPECT_TRUE(db->write(Lane::io, &second, [](Connection& connection) { return insert(connection, 2); })); });
  second.begin_once_waiting();
  one.join();
  two.join();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(SqliteDbTest, ClosingFinishesWhatWasGathered) {
  HeldPause pause;
  std::jthread waiting([&] { EXPECT_TRUE(db->write(Lane::io, &pause, [](Connection& connection) { return insert(connection, 1); })); });
  pause.await_waiting();
  db->close();
  waiting.join();
  db = std::move(*open_sqlite(folder.path() + "/db"));
  EXPECT_EQ(rows(), std::vector<std::int64_t>{1});
}

TEST_F(SqliteDbTest, AFailingJobLeavesItsBatchWhole) {
  constexpr int kThreads = 32;
  constexpr int kEach = 20;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const int n = t * kEach + i;
          const auto done = db->write(Lane::pool, [&](Connection& connection) -> Status {
            TRY(insert(connection, n));
            // Every third takes its own insert back, by an error of its own or by one of the engine's.
            if (n % 3 == 1) return fail(Reason::refresh_ended);
            if (n % 3 == 2) return insert(connection, n);
            return {};
          });
          ASSERT_EQ(done.has_value(), n % 3 == 0);
          if (n % 3 != 0) {
            EXPECT_EQ(done.error().reason, n % 3 == 1 ? Reason::refresh_ended : Reason::record_conflict);
          }
        }
      });
  }
  std::vector<std::int64_t> expected;
  for (int n = 0; n < kThreads * kEach; n += 3) expected.push_back(n);
  EXPECT_EQ(rows(), expected);
}

TEST_F(SqliteDbTest, AJobThatThrowsIsItsOwnError) {
  const auto thrown = db->write(Lane::pool, [](Connection& connection) -> Status {
    TRY(insert(connection, 1));
    throw std::runtime_error("defect");
  });
  EXPECT_EQ(reason_of(thrown), Reason::internal);
  EXPECT_TRUE(db->write(Lane::pool, [](Connection& connection) { return insert(connection, 2); }));
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{2}));
}

TEST_F(SqliteDbTest, AMisspeltParameterIsADefectNotANull) {
  EXPECT_EQ(reason_of(db->write(Lane::pool,
                                [](Connection& connection) -> Status {
                                  TRY(connection.execute("insert into t (n) values (:n)", {{"m", 1}}));
                                  return {};
                                })),
            Reason::internal);
}

TEST_F(SqliteDbTest, ReadersCantWrite) {
  EXPECT_FALSE(db->read(Lane::pool, [](Connection& connection) { return insert(connection, 1); }));
  EXPECT_TRUE(rows().empty());
}

TEST(NumberParameters, NamesBecomeNumbersOncePerName) {
  const auto numbered = number_parameters("select :a, ':b', x::bigint, :c_d from t where y = :a");
  EXPECT_EQ(numbered.sql, "select $1, ':b', x::bigint, $2 from t where y = $1");
  EXPECT_EQ(numbered.names, (std::vector<std::string>{"a", "c_d"}));
}

TEST(CleanText, WholeUtf8WithoutNul) {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_clean_text(good)) << good;
  for (const char* bad : {"\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "a\xE2\x82"})
    EXPECT_FALSE(is_clean_text(bad));
  EXPECT_FALSE(is_clean_text(std::string_view("\0", 1)));
}

TEST(Migrations, AreNumberedFromOneWithoutGaps) {
  int expected = 0;
  for (const auto& migration : embedded_files())
    EXPECT_TRUE(migration.name.starts_with(fmt::format("{:04}_", ++expected))) << migration.name;
  EXPECT_GE(expected, 1);
}

TEST(Migrations, AClientOfBeforeKeepsItsPolicy) {
  const TempFolder folder;
  const auto path = folder.path() + "/tessera.db";
  {
    const auto db = *open_sqlite(path);
    ASSERT_TRUE(db->write(Lane::pool, [](Connection& connection) -> Status {
      TRY(connection.run_script(
          "create table meta (one integer primary key, schema_version integer, epoch integer, last_id integer); insert into meta values "
          "(1, 4, 1, 9);"));
      for (const auto& migration : embedded_files().first(4)) TRY(connection.run_script(migration.text));
      return connection.run_script(
          "insert into realm values (1, x'01010101010101010101010101010101', 'bank', 1, 0, 0, 0, 0, '{}');"
          "insert into client values (2, x'02020202020202020202020202020202', 1, 'app', 1, 0, 0, 0, 0, 0, 0, "
          "'{\"scopes\":[\"accounts\"]}')");
    }));
  }
  const auto store = std::move(open_store({.data_dir = folder.path(), .accept = Accept::as_is}).value());
  const auto client = store->config().find_client(kPool, 1, "app");
  ASSERT_TRUE(client) << client.error().context;
  EXPECT_EQ(client->policy->scopes, std::vector<std::string>{"accounts"});
  model::Client changed = *client;
  changed.policy.edit().scopes = {"payments"};
  ASSERT_TRUE(store->config().commit(kPool, {PutClient{changed}}, {}));
  EXPECT_EQ(store->config().find_client(kPool, 1, "app")->policy->scopes, std::vector<std::string>{"payments"});
}

}  // namespace
}  // namespace tessera::store
