#include "base/timestamp.h"

#include <fmt/format.h>

#include <optional>

namespace tessera::base {
namespace {

using std::chrono::microseconds;
using std::chrono::year_month_day;

constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_shape(std::string_view text) {
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

/// What stands between the seconds and the end: "Z", or "." digits "Z".
std::optional<microseconds> read_fraction(std::string_view rest) {
  if (rest == "Z") return microseconds{0};
  if (rest.size() < 3 || rest.front() != '.' || rest.back() != 'Z') return std::nullopt;
  const std::string_view digits = rest.substr(1, rest.size() - 2);
  int us = 0;
  int place = 100'000;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    us += (c - '0') * place;
    place /= 10;
  }
  return microseconds{us};
}

}  // namespace

Result<TimePoint> parse_timestamp(std::string_view text) {
  if (text.size() <= kShape.size() || !has_shape(text)) return fail(Reason::expiry_malformed);
  const auto fraction = read_fraction(text.substr(kShape.size()));
  if (!fraction) return fail(Reason::expiry_malformed);

  const auto part = [&](std::size_t at, std::size_t length) { return number(text.substr(at, length)); };
  const year_month_day date{std::chrono::year(part(0, 4)), std::chrono::month(static_cast<unsigned>(part(5, 2))),
                            std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  const int hour = part(11, 2), minute = part(14, 2), second = part(17, 2);
  if (!date.ok() || date.year() < std::chrono::year(1970) || hour > 23 || minute > 59 || second > 59) return fail(Reason::expiry_malformed);
  return TimePoint{std::chrono::sys_days(date)} + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         *fraction;
}

std::string format_timestamp(TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace tessera::base
