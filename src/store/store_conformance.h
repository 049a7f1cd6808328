// What every engine must do: the same tests, instantiated once an engine.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "store/test_place.h"

namespace tessera::store {

struct Engine {
  const char* name;
  std::function<Place()> make_place;
  bool remote;  ///< reads wait
  /// Copies the database of a closed store, and returns what puts the copy in its place.
  std::function<std::function<Place()>(const Place&)> back_up;

  /// On the database of a closed store.
  static void run_sql(const Place& place, const std::string& sql) {
    const auto db = place.url.empty() ? open_sqlite(place.folder->path() + "/tessera.db") : open_postgres(place.url);
    if (!(*db)->write(Lane::pool, [&](Connection& connection) { return connection.run_script(sql); })) throw std::runtime_error(sql);
  }
};

class StoreConformance : public testing::TestWithParam<Engine> {
 protected:
  StoreConformance() : world(GetParam().make_place()) { world.populate(); }
  World world;

  using Kind = model::RevocationKind;
  std::int64_t head() { return *world.journal().head(world.realm.id); }
  static void in_parallel(int threads, const std::function<void(int)>& work) {
    std::atomic<bool> go = false;
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        go.wait(false);
        work(i);
      });
    go = true;
    go.notify_all();
  }
};

}  // namespace tessera::store
