#include "sessions/cost_mix.h"

#include <sodium/crypto_pwhash.h>

#include <charconv>

namespace tessera::sessions {
namespace {

constexpr std::size_t kCostsMax = 64;
constexpr std::string_view kPrefix = "$argon2id$v=19$m=";
constexpr std::uint64_t kMemoryKibMax = 1'048'576;  // 1 GiB
constexpr std::uint64_t kPassesMax = 64;            // as many as can be configured
constexpr std::uint64_t kParallelismMax = 16;

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool read_number_up_to(std::string_view& text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value == 0 || value > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// floor(point * total / 2^64).
std::uint64_t scaled(std::uint64_t point, std::uint64_t total) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(point) * total >> 64);
}

}  // namespace

std::string_view cost_of(std::string_view record) {
  if (record.size() >= crypto_pwhash_STRBYTES) return {};
  std::string_view rest = record;
  const bool usable = skip(rest, kPrefix) && read_number_up_to(rest, kMemoryKibMax) && skip(rest, ",t=") &&
                      read_number_up_to(rest, kPassesMax) && skip(rest, ",p=") && read_number_up_to(rest, kParallelismMax) &&
                      skip(rest, "$");
  return usable ? record.substr(0, record.size() - rest.size()) : std::string_view();
}

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
