#include "config/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/control.h"
#include "config/duration.h"
#include "config/nearest_key.h"
#include "config/toml_text.h"

namespace tessera::config {
namespace {

constexpr std::size_t kTextBytesMax = 4'096;

/// Nothing that operators write here needs a control character, and none may reach a header, a log or a terminal.
std::string_view text_fault(std::string_view text) {
  if (text.size() > kTextBytesMax) return "is longer than 4096 bytes";
  if (base::has_control(text)) return "holds a control character";
  return {};
}

}  // namespace

Result<TomlDocument> TomlDocument::parse(std::string_view text, const std::string& file) {
  TomlDocument document;
  document.state_ = std::make_shared<State>();
  document.state_->file = file;
  document.state_->root = TRY(parse_toml_text(text, file));
  return document;
}

TomlTable TomlDocument::root() { return TomlTable(*state_, state_->root, ""); }

Status TomlDocument::unknown_keys_of(const toml::table& table) const {
  const auto known = state_->known.find(&table);
  if (known == state_->known.end()) return {};
  for (const auto& [key, node] : table) {
    const auto& keys = known->second;
    if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
      const std::string nearest = nearest_key(key.str(), keys);
      const std::string& name = state_->names.at(&table);
      return fail(
          Reason::config_invalid,
          fmt::format("{}:{}: unknown key `{}`{}; {}", state_->file, key.source().begin.line, key.str(), name.empty() ? "" : " in " + name,
                      nearest.empty() ? fmt::format("known here: {}", fmt::join(keys, ", ")) : fmt::format("did you mean `{}`?", nearest)));
    }
    if (const auto* child = node.as_table()) TRY(unknown_keys_of(*child));
    if (const auto* array = node.as_array())
      for (const auto& item : *array)
        if (const auto* child = item.as_table()) TRY(unknown_keys_of(*child));
  }
  return {};
}

Status TomlDocument::status() const {
  TRY(unknown_keys_of(state_->root));
  if (!state_->problem.empty()) return fail(Reason::config_invalid, state_->problem);
  return {};
}

TomlTable::TomlTable(TomlDocument::State& state, const toml::table& table, const std::string& name) : state_(&state), table_(&table) {
  state.known.try_emplace(&table);
  state.names.try_emplace(&table, name);
}

const toml::node* TomlTable::find(std::string_view key) {
  auto& known = state_->known[table_];
  if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
  return table_->get(key);
}

std::string TomlTable::where(std::string_view key) const {
  const toml::node* node = key.empty() ? nullptr : table_->get(key);
  return fmt::format("{}:{}", state_->file, (node != nullptr ? node->source() : table_->source()).begin.line);
}

void TomlTable::problem(std::string_view key, std::string_view what) {
  if (!state_->problem.empty()) return;
  state_->problem = key.empty() ? fmt::format("{}: {}", where(), what) : fmt::format("{}: `{}` {}", where(key), key, what);
}

bool TomlTable::read(std::string_view key, std::string& out) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_string();
  if (value == nullptr) return problem(key, "must be a string, such as \"...\""), false;
  if (const auto fault = text_fault(value->get()); !fault.empty()) return problem(key, fault), false;
  out = value->get();
  return true;
}

bool TomlTable::read(std::string_view key, bool& out) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_boolean();
  if (value == nullptr) return problem(key, "must be true or false"), false;
  out = value->get();
  return true;
}

bool TomlTable::read(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() < least || value->get() > most)
    return problem(key, fmt::format("must be a whole number from {} to {}", least, most)), false;
  out = value->get();
  return true;
}

bool TomlTable::read(std::string_view key, int& out, int least, int most) {
  std::int64_t wide = out;
  if (!read(key, wide, std::int64_t{least}, std::int64_t{most})) return false;
  out = static_cast<int>(wide);
  return true;
}

bool TomlTable::read(std::string_view key, std::uint16_t& out) {
  std::int64_t wide = out;
  if (!read(key, wide, 0, 65'535)) return false;
  out = static_cast<std::uint16_t>(wide);
  return true;
}

bool TomlTable::read(std::string_view key, std::vector<std::string>& out) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* array = node->as_array();
  if (array == nullptr) return problem(key, "must be a list of strings, such as [\"a\", \"b\"]"), false;
  std::vector<std::string> items;
  for (const auto& item : *array) {
    const auto* value = item.as_string();
    if (value == nullptr) return problem(key, "must hold strings only"), false;
    if (const auto fault = text_fault(value->get()); !fault.empty()) return problem(key, fault), false;
    if (std::find(items.begin(), items.end(), value->get()) != items.end())
      return problem(key, fmt::format("names \"{}\" twice", value->get())), false;
    items.push_back(value->get());
  }
  out = std::move(items);
  return true;
}

bool TomlTable::read_duration(std::string_view key, std::int64_t& out_s, std::int64_t least_s, std::int64_t most_s) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_string();
  const auto seconds = value != nullptr ? parse_duration_s(value->get()) : std::nullopt;
  if (!seconds || *seconds < least_s || *seconds > most_s) {
    problem(key, fmt::format("must be a length of time from \"{}\" to \"{}\", written as \"299s\", \"60m\", \"12h\", \"30d\" or \"10y\"",
                             format_duration_s(least_s), format_duration_s(most_s)));
    return false;
  }
  out_s = *seconds;
  return true;
}

bool TomlTable::read_choice(std::string_view key, std::string& out, const std::vector<std::string_view>& choices) {
  std::string text;
  if (!read(key, text)) return false;
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    const std::string nearest = nearest_key(text, choices);
    problem(key, nearest.empty() ? fmt::format("must be one of: {}", fmt::join(choices, ", "))
                                 : fmt::format("can't be \"{}\"; did you mean \"{}\"?", text, nearest));
    return false;
  }
  out = std::move(text);
  return true;
}

std::optional<TomlTable::Scalar> TomlTable::read_scalar(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* flag = node->as_boolean()) return Scalar{flag->get() ? "true" : "false", true};
  if (node->as_string() == nullptr) return problem(key, "must be a string, true or false"), std::nullopt;
  Scalar scalar;
  if (!read(key, scalar.text)) return std::nullopt;
  return scalar;
}

bool TomlTable::read_scalars(std::string_view key, std::map<std::string, Scalar>& out) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* values = node->as_table();
  if (values == nullptr) return problem(key, "must be a table, such as { name = \"value\" }"), false;
  TomlTable inner(*state_, *values, std::string(key));
  std::map<std::string, Scalar> items;
  for (const auto& [name, value] : *values) {
    const auto scalar = inner.read_scalar(name.str());
    if (!scalar) return false;
    items.emplace(name.str(), *scalar);
  }
  out = std::move(items);
  return true;
}

bool TomlTable::require(std::string_view key, std::string& out) {
  if (find(key) == nullptr) return problem("", fmt::format("`{}` is missing; add {} = \"...\"", key, key)), false;
  if (!read(key, out)) return false;
  if (out.empty()) return problem(key, "must not be empty"), false;
  return true;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* table = node->as_table();
  if (table == nullptr) return problem(key, fmt::format("must be a table: write [{}] and its keys below", key)), std::nullopt;
  return TomlTable(*state_, *table, fmt::format("[{}]", key));
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> found;
  const auto* node = find(key);
  if (node == nullptr) return found;
  const auto* array = node->as_array();
  if (array == nullptr || !std::all_of(array->begin(), array->end(), [](const toml::node& item) { return item.is_table(); })) {
    problem(key, fmt::format("is a list of tables: write [[{}]] for each", key));
    return found;
  }
  for (const auto& item : *array) found.push_back(TomlTable(*state_, *item.as_table(), fmt::format("[[{}]]", key)));
  return found;
}

}  // namespace tessera::config
