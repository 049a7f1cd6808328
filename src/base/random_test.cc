#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tessera::base {
namespace {

using Draw = std::vector<std::uint8_t>;

Draw draw(std::size_t size) {
  Draw bytes(size);
  random_bytes(bytes);
  return bytes;
}

TEST(Random, FillsEverySizeAroundTheBuffer) {
  for (const std::size_t size : {16u, 127u, 128u, 129u, 511u, 512u, 513u, 100'000u}) {
    const Draw bytes = draw(size);
    EXPECT_LT(std::count(bytes.begin(), bytes.end(), 0), static_cast<std::ptrdiff_t>(size / 2)) << size;
    EXPECT_NE(bytes, draw(size)) << size;
  }
  random_bytes({});
}

TEST(Random, ThreadsNeverShareBytes) {
  std::mutex mutex;
  std::set<Draw> seen;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) {
        const Draw bytes = draw(16);
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(seen.insert(bytes).second);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), 4'000u);
}

}  // namespace
}  // namespace tessera::base
