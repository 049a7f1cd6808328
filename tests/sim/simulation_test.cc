// 20,000 random histories of the whole domain over the real store, with faults, crashes and operations in the middle of each other.
// TESSERA_SIM_SEED and TESSERA_SIM_HISTORIES choose which; what fails is printed with its seed and its steps.
#include <gtest/gtest.h>

#include <cstdlib>

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

TEST(Simulation, HoldsThroughRandomHistories) {
  const std::uint64_t first = number_from("TESSERA_SIM_SEED", 1);
  const std::uint64_t count = number_from("TESSERA_SIM_HISTORIES", std::getenv("TESSERA_SIM_SEED") ? 1 : kHistories);
  const Secrets secrets;
  std::unique_ptr<Disk> disk;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    if (!disk || (seed - first) % kHistoriesPerDisk == 0) disk = std::make_unique<Disk>();
    History history(*disk, secrets, seed);
    try {
      history.run();
    } catch (const std::exception& violation) {
      FAIL() << "TESSERA_SIM_SEED=" << seed << ": " << violation.what() << "\n" << told(history);
    }
  }
}

}  // namespace
}  // namespace tessera::sim

/// Where the build has AddressSanitizer: a history allocates a million times, and keeping what was freed for long would cost more than
/// the history itself.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "malloc_context_size=4:quarantine_size_mb=4:thread_local_quarantine_size_kb=64"; }
