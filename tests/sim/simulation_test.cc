// 20,000 random histories of the whole domain over the real store, with faults, crashes and operations in the middle of each other.
// TESSERA_SIM_SEED and TESSERA_SIM_HISTORIES choose which; what fails is printed with its seed and its steps, and fails again by that seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "history.h"

namespace tessera::sim {
namespace {

constexpr std::uint64_t kHistories = 20'000;
/// A database that grows old makes each history slower.
constexpr std::uint64_t kHistoriesPerDisk = 10;

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

std::string told(const History& history) {
  std::string text;
  for (const auto& step : history.steps()) text += step + '\n';
  return text;
}

/// Plays histories until there are none left or one fails. Several at once: each thread has a disk of its own.
class Play {
 public:
  Play(std::uint64_t first, std::uint64_t count) : next_(first), end_(first + count) {}

  void run() {
    const Secrets secrets;
    while (failure().empty()) {
      const std::uint64_t first = next_.fetch_add(kHistoriesPerDisk);
      if (first >= end_) return;
      Disk disk;
      for (std::uint64_t seed = first; seed < std::min(first + kHistoriesPerDisk, end_); ++seed) play(disk, secrets, seed);
    }
  }

  /// "" when every history held.
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void play(Disk& disk, const Secrets& secrets, std::uint64_t seed) {
    std::optional<History> history;
    try {
      history.emplace(disk, secrets, seed).run();
    } catch (const std::exception& violation) {
      const std::lock_guard lock(mutex_);
      failure_ += "TESSERA_SIM_SEED=" + std::to_string(seed) + ": " + violation.what() + '\n' + (history ? told(*history) : "");
    }
  }

  std::atomic<std::uint64_t> next_;
  const std::uint64_t end_;
  mutable std::mutex mutex_;
  std::string failure_;
};

TEST(Simulation, HoldsThroughRandomHistories) {
  const std::uint64_t first = number_from("TESSERA_SIM_SEED", 1);
  const std::uint64_t count = number_from("TESSERA_SIM_HISTORIES", std::getenv("TESSERA_SIM_SEED") ? 1 : kHistories);
  Play play(first, count);
  {
    std::vector<std::jthread> threads(std::max(1U, std::thread::hardware_concurrency()));
    for (auto& thread : threads) thread = std::jthread([&play] { play.run(); });
  }
  ASSERT_EQ(play.failure(), "");
}

TEST(Simulation, AHistoryIsPlayedAgainByItsSeed) {
  const Secrets secrets;
  const auto play = [&](std::uint64_t seed) {
    Disk disk;
    History history(disk, secrets, seed);
    history.run();
    return told(history);
  };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) ASSERT_EQ(play(seed), play(seed)) << "TESSERA_SIM_SEED=" << seed;
}

}  // namespace
}  // namespace tessera::sim

/// Where the build has AddressSanitizer: a history allocates a million times. Keeping what was freed for long, and noting where it came
/// from, would cost more than the history itself; a seed that fails is played again with ASAN_OPTIONS=malloc_context_size=30.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "malloc_context_size=0:quarantine_size_mb=4:thread_local_quarantine_size_kb=64"; }
