#include "admin/realm_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cctype>

#include "admin/policy_fields.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kLineColumns = 120;

/// Keys of tables that are the operator's own may hold anything.
std::string key_of(std::string_view key) {
  const auto bare = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  return !key.empty() && std::all_of(key.begin(), key.end(), bare) ? std::string(key) : toml_string(key);
}

std::string scalar(const json::value& value) { return value.is_string() ? toml_string(value.get_string()) : json::serialize(value); }

/// On one line while it fits, else one item a line.
std::string list(const json::array& items) {
  std::string line;
  std::string lines;
  for (const auto& item : items) {
    const std::string text = scalar(item);
    line += (line.empty() ? "" : ", ") + text;
    lines += "  " + text + ",\n";
  }
  return line.size() <= kLineColumns ? "[" + line + "]" : "[\n" + lines + "]";
}

std::string inline_table(const json::object& object) {
  std::string out;
  for (const auto& [key, value] : object) out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", key_of(key), scalar(value));
  return out.empty() ? "{}" : "{ " + out + " }";
}

bool is_table_array(const json::value& value) {
  const auto* items = value.if_array();
  return items != nullptr && !items->empty() && items->front().is_object();
}

/// Of a custom field and of a scope's words: what reading takes for granted need not stand there.
bool says_nothing(std::string_view key, const json::value& value) {
  return (key == "type" && value == "string") || ((key == "de" || key == "fr") && value == "");
}

std::string table_array(std::string_view header, const json::array& items) {
  std::string out;
  for (const auto& item : items) {
    out += fmt::format("\n[[{}]]\n", header);
    for (const auto& [key, value] : item.get_object())
      if (!says_nothing(key, value)) out += fmt::format("{} = {}\n", key_of(key), scalar(value));
  }
  return out;
}

std::string plain_value(const json::value& value) {
  if (const auto* items = value.if_array()) return list(*items);
  if (const auto* object = value.if_object()) return inline_table(*object);
  return scalar(value);
}

/// The fields of the registry, so that none can be forgotten. Tables come last: what follows one would be read as part of it.
template <class Policy>
std::string fields_text(std::string_view header, const Policy& policy) {
  const Policy defaults;
  std::string plain;
  std::string tables;
  for (const auto& field : fields_of<Policy>()) {
    if (!field.differs(policy, defaults)) continue;
    const auto value = field.show(policy);
    if (is_table_array(value))
      tables += table_array(fmt::format("{}.{}", header, field.name), value.get_array());
    else
      plain += fmt::format("{} = {}\n", field.name, plain_value(value));
  }
  return plain + tables;
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

std::string text_of(const model::Realm& realm) {
  std::string out = fmt::format("[realm]\nname = {}\n", toml_string(realm.name));
  if (!realm.enabled) out += "enabled = false\n";
  out += fields_text("realm", realm.policy);
  for (const auto& role : realm.policy.roles) {
    out += fmt::format("\n[[role]]\nname = {}\n", toml_string(role.name));
    if (!role.client.empty()) out += fmt::format("client = {}\n", toml_string(role.client));
    if (!role.permissions.empty()) out += fmt::format("permissions = {}\n", list(json::value_from(role.permissions).get_array()));
  }
  return out;
}

std::string text_of(const model::Client& client) {
  std::string out = fmt::format("\n[[client]]\nid = {}\n", toml_string(client.client_id));
  if (!client.enabled) out += "enabled = false\n";
  if (client.is_public) out += "public = true\n";
  return out + fields_text("client", *client.policy);
}

std::string text_of(const model::User& user) {
  std::string out = fmt::format("\n[[user]]\nusername = {}\n", toml_string(user.username));
  if (user.handle) out += fmt::format("sub = {}\n", toml_string(user.handle.uuid()));
  if (!user.enabled) out += "enabled = false\n";
  return out + fields_text("user", user.profile);
}

}  // namespace tessera::admin
