#include "dialects/toml_reader.h"

#include <fmt/format.h>

#include "config/nearest_key.h"
#include "config/toml_text.h"
#include "jose/json.h"

namespace tessera::dialects {
namespace {

Place place_of(const toml::source_region& region) {
  return fmt::format("{}:{}", region.path ? *region.path : "dialect", region.begin.line);
}

}  // namespace

Place place_of(const toml::node& node) { return place_of(node.source()); }

Result<toml::table> parse_toml(const Dialect::Source& source) {
  auto root = config::parse_toml_text(source.toml, source.path);
  if (!root) return fail(Reason::dialect_invalid, root.error().context);
  return root;
}

void merge(toml::table& under, toml::table&& over) {
  for (auto&& [key, value] : over) {
    toml::node* const present = under.get(key.str());
    if (present != nullptr && present->is_table() && value.is_table()) {
      merge(*present->as_table(), std::move(*value.as_table()));
      continue;
    }
    value.visit([&under, &name = key](auto& concrete) { under.insert_or_assign(name, std::move(concrete)); });
  }
}

Status only_keys(const toml::table& table, const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    const Place place = place_of(key.source());
    if (key.str() == "headers" || key.str().starts_with("cache"))
      return refuse(place, fmt::format("`{}` can't be set: no-store and all other headers are fixed; remove it", key.str()));
    const std::string nearest = config::nearest_key(key.str(), known);
    if (!nearest.empty()) return refuse(place, fmt::format("unknown key `{}`; write `{}`", key.str(), nearest));
    return refuse(place, fmt::format("unknown key `{}`; write one of: {}", key.str(), fmt::join(known, ", ")));
  }
  return {};
}

Result<std::optional<std::string>> text_at(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) return refuse(place_of(*node), fmt::format("`{}` is not a string; write {} = \"...\"", key, key));
  return node->as_string()->get();
}

Result<std::optional<int>> number_at(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<int> number = node->is_integer() ? node->value<int>() : std::nullopt;
  if (!number) return refuse(place_of(*node), fmt::format("`{}` is not an integer; write {} = 400", key, key));
  return number;
}

Result<std::vector<std::string>> texts_at(const toml::table& table, std::string_view key) {
  std::vector<std::string> texts;
  const toml::array* const array = TRY(array_at(table, key));
  if (array == nullptr) return texts;
  for (const toml::node& node : *array) {
    if (!node.is_string()) return refuse(place_of(node), fmt::format("`{}` holds strings only; write {} = [\"...\"]", key, key));
    texts.push_back(node.as_string()->get());
  }
  return texts;
}

Result<const toml::table*> table_at(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node != nullptr && !node->is_table())
    return refuse(place_of(*node), fmt::format("`{}` is not a table; write {} = {{ ... }}", key, key));
  return node == nullptr ? nullptr : node->as_table();
}

Result<const toml::array*> array_at(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node != nullptr && !node->is_array()) return refuse(place_of(*node), fmt::format("`{}` is not a list; write {} = [ ... ]", key, key));
  return node == nullptr ? nullptr : node->as_array();
}

Result<std::string> constant_of(const toml::node& node) {
  if (const auto* const text = node.as_string()) {
    std::string json;
    jose::append_json_string(json, text->get());
    return json;
  }
  if (const auto* const number = node.as_integer()) return std::to_string(number->get());
  if (const auto* const flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  return refuse(place_of(node), "a constant is a string, an integer or a boolean; write one of them");
}

}  // namespace tessera::dialects
