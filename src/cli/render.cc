#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tessera::cli {
namespace {

namespace json = boost::json;

std::string cell(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get_string().empty() ? "-" : printable(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (const auto* items = value.if_array();
      items != nullptr && std::all_of(items->begin(), items->end(), [](const auto& item) { return item.is_string(); })) {
    std::string joined;
    for (const auto& item : *items) joined += (joined.empty() ? "" : " ") + printable(item.get_string());
    return joined.empty() ? "-" : joined;
  }
  return printable(json::serialize(value));
}

/// Characters, as far as UTF-8 tells: continuation bytes take no room.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(width - std::min(width, width_of(text)) + 2, ' ');
}

void end_line(std::string& out) {
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

std::string render_table(const json::array& items, const std::vector<std::string_view>& columns) {
  if (items.empty()) return "none\n";
  std::vector<std::vector<std::string>> rows(1);
  for (const auto column : columns) rows[0].emplace_back(column);
  for (const auto& item : items) {
    auto& row = rows.emplace_back();
    for (const auto column : columns) {
      const auto* value = item.as_object().if_contains(column);
      row.push_back(value != nullptr ? cell(*value) : "-");
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, width_of(other[i]));
      append_padded(out, row[i], width);
    }
    end_line(out);
  }
  return out;
}

std::string render_object(const json::object& object, std::string_view indent = "") {
  std::size_t width = 0;
  for (const auto& [name, value] : object) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : object) {
    out += indent;
    if (value.is_object() && !value.get_object().empty()) {
      out += fmt::format("{}\n{}", printable(name), render_object(value.get_object(), std::string(indent) + "  "));
      continue;
    }
    append_padded(out, printable(name), width);
    out += cell(value);
    end_line(out);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls are two bytes in UTF-8, the first of them C2.
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    shown += byte < 0x20 || byte == 0x7f || is_c1 ? '?' : text[i];
  }
  return shown;
}

std::string render_result(const CommandSpec& command, const json::value& result) {
  std::string out;
  if (const auto* items = result.if_array())
    out = render_table(*items, command.columns);
  else if (const auto* object = result.if_object(); object != nullptr && object->contains("done"))
    out = "done\n";
  else if (object != nullptr)
    out = render_object(*object);
  if (!command.remark.empty()) out += fmt::format("{}\n", command.remark);
  return out;
}

std::string render_plan(const json::value& result, bool color) {
  std::string out;
  bool changes = false;
  for (const auto& realm : result.at("realms").as_array()) {
    const auto& lines = realm.at("lines").as_array();
    out += fmt::format("realm {}{}\n", printable(realm.at("realm").as_string()), lines.empty() ? ": nothing to change" : "");
    for (const auto& line : lines) {
      changes = true;
      const std::string_view sign = line.at("sign").as_string();
      const std::string_view paint = sign == "+" ? "\x1b[32m" : sign == "-" ? "\x1b[31m" : "\x1b[33m";
      out += fmt::format("{}  {} {}{}\n", color ? paint : "", sign, printable(line.at("text").as_string()), color ? "\x1b[0m" : "");
    }
  }
  if (changes) out += result.at("applied").as_bool() ? "applied\n" : "dry run: nothing was changed\n";
  return out;
}

}  // namespace tessera::cli
