#include "config/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace tessera::config {
namespace {

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr Unit kUnits[] = {{'y', 31'536'000}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
constexpr std::int64_t kLongestS = 100 * 31'536'000LL;
constexpr std::size_t kDigitsMax = 10;

}  // namespace

std::optional<std::int64_t> parse_duration_s(std::string_view text) {
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (failure != std::errc{} || end != digits.data() + digits.size() || count < 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    if (count > kLongestS / unit.seconds) return std::nullopt;
    return count * unit.seconds;
  }
  return std::nullopt;
}

std::string format_duration_s(std::int64_t seconds) {
  if (seconds == 0) return "0s";
  for (const Unit& unit : kUnits)
    if (seconds % unit.seconds == 0) return fmt::format("{}{}", seconds / unit.seconds, unit.letter);
  return fmt::format("{}s", seconds);
}

}  // namespace tessera::config
