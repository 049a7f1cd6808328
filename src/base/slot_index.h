// Where in an array a key's entry stands: a hash table of numbers alone, eight bytes an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tessera::base {

using SlotNumber = std::uint32_t;
inline constexpr SlotNumber kNoSlot = 0xFFFF'FFFF;

/// Hashes and the numbers that stand under them, in one array probed from the hash's own place onward: a lookup reads one line of memory
/// here, and then only the slots whose whole hash agrees. At most half full, so that runs stay short.
/// Not safe from several threads.
class SlotIndex {
 public:
  /// 32 bits of any hash, all of them used: some hashes vary in their low bits alone.
  static std::uint32_t spread(std::size_t hash) { return static_cast<std::uint32_t>((hash * 0x9E37'79B9'7F4A'7C15U) >> 32); }

  /// The number under `hash` for which `is_it` says yes; kNoSlot if there is none.
  template <class Predicate>
  SlotNumber find(std::uint32_t hash, Predicate is_it) const {
    if (places_.empty()) return kNoSlot;
    for (std::size_t at = home(hash); places_[at].slot != kNoSlot; at = after(at))
      if (places_[at].hash == hash && is_it(places_[at].slot)) return places_[at].slot;
    return kNoSlot;
  }

  void insert(std::uint32_t hash, SlotNumber slot) {
    if (2 * (count_ + 1) > places_.size()) grow();
    place({hash, slot});
    ++count_;
  }

  /// The pair must be there.
  void erase(std::uint32_t hash, SlotNumber slot) {
    std::size_t hole = home(hash);
    while (places_[hole].slot != slot) hole = after(hole);
    // Those behind it that a search would no longer reach move up: no place is ever marked as once used.
    for (std::size_t at = after(hole); places_[at].slot != kNoSlot; at = after(at)) {
      if (distance(home(places_[at].hash), at) < distance(hole, at)) continue;
      places_[hole] = places_[at];
      hole = at;
    }
    places_[hole] = {};
    --count_;
  }

 private:
  struct Place {
    std::uint32_t hash = 0;
    SlotNumber slot = kNoSlot;
  };

  // The size is a power of two.
  std::size_t home(std::uint32_t hash) const { return hash & (places_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (places_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & (places_.size() - 1); }

  void place(Place placed) {
    std::size_t at = home(placed.hash);
    while (places_[at].slot != kNoSlot) at = after(at);
    places_[at] = placed;
  }

  void grow() {
    const std::vector<Place> old = std::exchange(places_, std::vector<Place>(places_.empty() ? 8 : 2 * places_.size()));
    for (const Place& known : old)
      if (known.slot != kNoSlot) place(known);
  }

  std::vector<Place> places_;
  std::size_t count_ = 0;
};

}  // namespace tessera::base
