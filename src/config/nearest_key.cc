#include "config/nearest_key.h"

#include <algorithm>
#include <numeric>

namespace tessera::config {
namespace {

constexpr std::size_t kDistanceMax = 3;
constexpr std::size_t kKeyBytesMax = 64;

/// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_key(std::string_view key, const std::vector<std::string_view>& known) {
  if (key.size() > kKeyBytesMax) return "";
  std::size_t best_distance = std::min(kDistanceMax, key.size() / 2) + 1;
  std::string_view best;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(key, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return std::string(best);
}

}  // namespace tessera::config
