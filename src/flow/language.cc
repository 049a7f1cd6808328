#include "flow/language.h"

#include <algorithm>
#include <optional>

namespace tessera::flow {
namespace {

std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto item = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return item;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "de" of "de-CH", in any case.
std::optional<model::Language> find_language(std::string_view tag) {
  const auto primary = tag.substr(0, tag.find('-'));
  for (std::size_t i = 0; i < std::size(model::kLanguageTags); ++i) {
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    if (std::ranges::equal(primary, model::kLanguageTags[i], same)) return static_cast<model::Language>(i);
  }
  return std::nullopt;
}

/// A weight in thousandths: "0.8" is 800. What can't be read counts as the least.
int weight_of(std::string_view parameters) {
  const auto given = trim(parameters);
  if (given.empty()) return 1'000;
  if (!given.starts_with("q=")) return 1;
  const auto digits = given.substr(2);
  if (digits.starts_with('1')) return 1'000;
  int weight = 0;
  for (std::size_t i = 2; i < 5; ++i)
    weight = weight * 10 + (i < digits.size() && digits[i] >= '0' && digits[i] <= '9' ? digits[i] - '0' : 0);
  return weight;
}

}  // namespace

model::Language choose_language(std::string_view ui_locales, std::string_view accept_language) {
  while (!ui_locales.empty())
    if (const auto language = find_language(take_until(ui_locales, ' '))) return *language;

  model::Language best = model::Language::en;
  int best_weight = 0;
  while (!accept_language.empty()) {
    std::string_view item = take_until(accept_language, ',');
    const auto language = find_language(trim(take_until(item, ';')));
    const int weight = weight_of(item);
    if (!language || weight <= best_weight) continue;
    best = *language;
    best_weight = weight;
  }
  return best;
}

}  // namespace tessera::flow
