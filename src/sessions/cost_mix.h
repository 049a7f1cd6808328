// What the password records of a realm cost to verify, and how many of them have each cost.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tessera::sessions {

/// Counts records by their cost_of(), those that have none left out. Bounded: costs beyond the first 64 are left out.
class CostMix {
 public:
  void add(std::string_view record);
  /// Points of [0, 2^64) share themselves out among the costs by their counts, and mostly keep their cost when the counts change. "" if
  /// nothing was counted.
  std::string_view at(std::uint64_t point) const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace tessera::sessions
