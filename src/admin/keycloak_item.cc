#include "admin/keycloak_item.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/control.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kTextBytesMax = 4'096;

/// Nothing for what is no list of strings.
std::optional<std::vector<std::string>> words_of(const json::value& value) {
  const auto* items = value.if_array();
  if (items == nullptr) return std::nullopt;
  std::vector<std::string> words;
  words.reserve(items->size());
  for (const auto& item : *items) {
    if (!item.is_string()) return std::nullopt;
    words.emplace_back(item.get_string());
  }
  return words;
}

}  // namespace

const json::value* KeycloakItem::find(std::string_view name) const {
  const auto* value = object_->if_contains(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

std::string KeycloakItem::place(std::string_view name) const {
  return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
}

void KeycloakItem::fault(std::string_view name, std::string_view what) const {
  if (problem_->empty()) *problem_ = fmt::format("{} {}", place(name), what);
}

std::string KeycloakItem::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return "";
  if (!value->is_string()) return fault(name, "must be a string"), "";
  return std::string(value->get_string());
}

bool KeycloakItem::flag(std::string_view name, bool otherwise) const {
  const auto* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_bool()) return fault(name, "must be true or false"), otherwise;
  return value->get_bool();
}

std::int64_t KeycloakItem::number(std::string_view name, std::int64_t otherwise) const {
  const auto* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_int64()) return fault(name, "must be a whole number"), otherwise;
  return value->get_int64();
}

std::vector<std::string> KeycloakItem::words(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  auto words = words_of(*value);
  if (!words) return fault(name, "must be a list of strings"), std::vector<std::string>{};
  return *std::move(words);
}

std::optional<KeycloakItem> KeycloakItem::item(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) return fault(name, "must be an object"), std::nullopt;
  return KeycloakItem(value->get_object(), place(name), *problem_);
}

std::vector<KeycloakItem> KeycloakItem::items(std::string_view name) const {
  std::vector<KeycloakItem> found;
  const auto* value = find(name);
  if (value == nullptr) return found;
  if (!value->is_array()) return fault(name, "must be a list"), found;
  std::size_t index = 0;
  for (const auto& entry : value->get_array()) {
    const std::string where = fmt::format("{}[{}]", place(name), index++);
    if (!entry.is_object()) return fault(fmt::format("{}[{}]", name, index - 1), "must be an object"), found;
    found.emplace_back(entry.get_object(), where, *problem_);
  }
  return found;
}

std::vector<std::pair<std::string, std::vector<std::string>>> KeycloakItem::word_lists(std::string_view name) const {
  std::vector<std::pair<std::string, std::vector<std::string>>> lists;
  const auto whole = item(name);
  if (!whole) return lists;
  for (const auto& [key, value] : whole->json()) {
    if (value.is_null()) continue;
    auto words = words_of(value);
    if (!words) return whole->fault("", "must hold lists of strings"), lists;
    lists.emplace_back(key, *std::move(words));
  }
  return lists;
}

bool fits_a_file(std::string_view text) { return text.size() <= kTextBytesMax && !base::has_control(text); }

}  // namespace tessera::admin
