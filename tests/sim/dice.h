// The one source of chance in a history: the same seed, the same history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace tessera::sim {

/// SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t roll() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// From 0 to `sides` - 1.
  std::size_t below(std::size_t sides) { return static_cast<std::size_t>(roll() % sides); }
  bool percent(std::size_t chance) { return below(100) < chance; }
  template <class Items>
  auto& pick(Items& items) {
    return items[below(std::size(items))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace tessera::sim
