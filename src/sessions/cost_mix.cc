#include "sessions/cost_mix.h"

#include "sessions/password_record.h"

namespace tessera::sessions {
namespace {

constexpr std::size_t kCostsMax = 64;

/// floor(point * total / 2^64).
std::uint64_t scaled(std::uint64_t point, std::uint64_t total) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(point) * total >> 64);
}

}  // namespace

void CostMix::add(std::string_view record) {
  const std::string_view cost = cost_of(record);
  if (cost.empty()) return;
  auto known = counts_.find(cost);
  if (known == counts_.end()) {
    if (counts_.size() == kCostsMax) return;
    known = counts_.emplace(cost, 0).first;
  }
  ++known->second;
  ++total_;
}

std::string_view CostMix::at(std::uint64_t point) const {
  std::uint64_t place = scaled(point, total_);
  for (const auto& [cost, count] : counts_) {
    if (place < count) return cost;
    place -= count;
  }
  return {};
}

}  // namespace tessera::sessions
