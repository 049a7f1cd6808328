#include <gtest/gtest.h>

#include <limits>

#include "store/db_postgres.h"
#include "store/postgres_lock.h"
#include "store/store_conformance.h"
#include "store/test_postgres.h"

namespace tessera::store {
namespace {

/// One server for all tests of the program, started by the first that needs it; each test has a database of its own.
TestPostgres& server() {
  static TestPostgres postgres;
  return postgres;
}

std::function<Place()> back_up(const Place& place) {
  const auto copy = server().copy_database(place.url);
  return [place, copy] { return Place{.folder = place.folder, .url = copy}; };
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance,
                         testing::Values(Engine{"postgres", [] { return Place{.url = server().make_database()}; }, true, back_up}));

namespace {

TEST(PostgresStore, AnUnreachableServerIsAnErrorWithoutThePassword) {
  const TempFolder folder;
  const auto opened = open_store({.data_dir = folder.path(), .url = "postgresql://tessera:hunter2@127.0.0.1:1/none"});
  ASSERT_EQ(reason_of(opened), Reason::store_unavailable);
  EXPECT_EQ(opened.error().context.find("hunter2"), std::string::npos);
}

TEST(PostgresStore, ALostConnectionIsReplaced) {
  const auto url = server().make_database();
  const auto db = *open_postgres(url);
  int runs = 0;
  EXPECT_TRUE(db->write(Lane::pool, [&](Connection& connection) -> Status {
    if (++runs == 1) TRY(connection.execute("select pg_terminate_backend(pg_backend_pid())", {}));
    return {};
  }));
  EXPECT_EQ(runs, 2);
}

TEST(PostgresStore, AConnectionLostDuringTheCommitIsAnUnknownOutcome) {
  const auto url = server().make_database();
  server().execute(
      url,
      "create table t (n bigint); create function die() returns trigger language plpgsql as "
      "'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'; "
      "create constraint trigger at_commit after insert on t deferrable initially deferred for each row execute function die()");
  const auto db = *open_postgres(url);
  int runs = 0;
  const auto written = db->write(Lane::pool, [&](Connection& connection) -> Status {
    ++runs;
    TRY(connection.execute("insert into t (n) values (:n)", {{"n", 1}}));
    return {};
  });
  EXPECT_EQ(reason_of(written), Reason::commit_unknown);
  EXPECT_EQ(runs, 1) << "never tried again: it may have happened";
}

TEST(PostgresStore, WhoeverWantsToBeAloneIs) {
  const auto url = server().make_database();
  const TempFolder folder;
  const StoreOptions options{.data_dir = folder.path(), .url = url, .alone = true};
  auto first = *open_store(options);
  const auto refusal = [](const StoreOptions& asked) {
    const auto second = open_store(asked);
    EXPECT_EQ(reason_of(second), Reason::store_unavailable);
    return second ? "" : second.error().context;
  };
  EXPECT_NE(refusal(options).find("/lock: another Tessera has it open"), std::string::npos);
  const TempFolder elsewhere;
  EXPECT_NE(refusal({.data_dir = elsewhere.path(), .url = url, .alone = true}).find("another Tessera has the database open"),
            std::string::npos);
  first.reset();
  EXPECT_TRUE(open_store(options));
}

TEST(PostgresStore, ALostLockIsTakenAgainUnlessAnotherHasIt) {
  const auto url = server().make_database();
  const auto cut_off = [&] { server().execute(url, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"); };
  const auto lock = *PostgresLock::take(url);
  EXPECT_TRUE(lock->keep());
  cut_off();
  EXPECT_TRUE(lock->keep());
  cut_off();
  {
    const auto other = *PostgresLock::take(url);
    EXPECT_EQ(reason_of(lock->keep()), Reason::store_unavailable);
  }
}

TEST(PostgresStore, TwoNodesShareOneDatabase) {
  const auto url = server().make_database();
  World first{Place{.url = url}};
  EXPECT_THROW(World(Place{.url = url}), std::runtime_error) << "a folder that knows nothing of a database in use";
  World second(Place{.url = url}, World::First::as_is);
  first.populate();
  const auto family = first.opened(first.family());
  EXPECT_EQ(second.rotate(family, 0)->family.generation, 1);
  EXPECT_EQ(reason_of(first.rotate(family, 0)), Reason::refresh_reused);
  EXPECT_EQ(*second.journal().head(first.realm.id), 1);
}

}  // namespace
}  // namespace tessera::store
