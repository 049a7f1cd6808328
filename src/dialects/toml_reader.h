// TOML values with their place in the file, each refusal saying what to write instead.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialects/spec.h"

namespace tessera::dialects {

Place place_of(const toml::node& node);

Result<toml::table> parse_toml(const Dialect::Source& source);
/// Puts `over` onto `under`: tables merge, everything else is replaced. Places are kept.
void merge(toml::table& under, toml::table&& over);

/// Refuses a key that is not among `known`, naming the nearest one.
Status only_keys(const toml::table& table, const std::vector<std::string_view>& known);

/// Typed values of a table's key; nothing when it is absent.
Result<std::optional<std::string>> text_at(const toml::table& table, std::string_view key);
Result<std::optional<int>> number_at(const toml::table& table, std::string_view key);
/// Empty when it is absent.
Result<std::vector<std::string>> texts_at(const toml::table& table, std::string_view key);
Result<const toml::table*> table_at(const toml::table& table, std::string_view key);
Result<const toml::array*> array_at(const toml::table& table, std::string_view key);
/// A string, an integer or a boolean, as JSON text.
Result<std::string> constant_of(const toml::node& node);

}  // namespace tessera::dialects
