#include "admin/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "config/nearest_key.h"
#include "jose/json.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

/// Realm files travel whole.
constexpr jose::JsonLimits kRequestLimits{.max_bytes = 64UL * 1024 * 1024, .max_depth = 16};

std::string error_text(const Error& error) {
  const std::string_view message = error.context.empty() ? base::reason_line(error.reason) : std::string_view(error.context);
  return json::serialize(json::object{{"error", {{"reason", base::reason_name(error.reason)}, {"message", message}}}});
}

}  // namespace

const json::value* Arguments::find(std::string_view name) {
  read_.emplace_back(name);
  return values_.if_contains(name);
}

void Arguments::refuse(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_ = fmt::format("argument \"{}\" {}", name, what);
}

std::string Arguments::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return refuse(name, "is missing"), "";
  if (!value->is_string()) return refuse(name, "must be a string"), "";
  return std::string(value->get_string());
}

std::string Arguments::text_or(std::string_view name, std::string_view otherwise) {
  return has(name) ? text(name) : (find(name), std::string(otherwise));
}

bool Arguments::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return refuse(name, "must be true or false"), false;
  return value->get_bool();
}

std::int64_t Arguments::number_or(std::string_view name, std::int64_t otherwise) {
  const auto* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_int64() || value->get_int64() < 0) return refuse(name, "must be a whole number"), otherwise;
  return value->get_int64();
}

std::vector<std::string> Arguments::words(std::string_view name) {
  std::vector<std::string> words;
  const auto* value = find(name);
  if (value == nullptr) return words;
  if (!value->is_array()) return refuse(name, "must be a list of strings"), words;
  for (const auto& item : value->get_array()) {
    if (!item.is_string()) return refuse(name, "must be a list of strings"), words;
    words.emplace_back(item.get_string());
  }
  return words;
}

std::vector<std::pair<std::string, std::string>> Arguments::pairs(std::string_view name, std::string_view first, std::string_view second) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto* value = find(name);
  const auto wrong = [&] { return refuse(name, fmt::format("must be a list of {{{}, {}}}", first, second)), pairs; };
  if (value == nullptr || !value->is_array()) return wrong();
  for (const auto& item : value->get_array()) {
    const auto* object = item.if_object();
    const auto* one = object != nullptr ? object->if_contains(first) : nullptr;
    const auto* two = object != nullptr ? object->if_contains(second) : nullptr;
    if (one == nullptr || two == nullptr || !one->is_string() || !two->is_string()) return wrong();
    pairs.emplace_back(one->get_string(), two->get_string());
  }
  return pairs;
}

std::vector<NamedText> Arguments::files(std::string_view name) {
  std::vector<NamedText> files;
  for (auto& [file, text] : pairs(name, "name", "text")) files.push_back({std::move(file), std::move(text)});
  return files;
}

Status Arguments::status() const {
  for (const auto& [name, value] : values_)
    if (std::find(read_.begin(), read_.end(), std::string_view(name)) == read_.end())
      return fail(Reason::parameter_invalid, fmt::format("unknown argument \"{}\"", std::string_view(name)));
  if (!problem_.empty()) return fail(Reason::parameter_invalid, problem_);
  return {};
}

Dispatcher::Dispatcher(const Services& services) : operations_(services) {
  add_transfer_commands(commands_);
  add_realm_commands(commands_);
  add_client_commands(commands_);
  add_user_commands(commands_);
  add_registration_commands(commands_);
  add_key_commands(commands_);
}

std::vector<std::string_view> Dispatcher::commands() const {
  std::vector<std::string_view> names;
  for (const auto& [name, command] : commands_) names.push_back(name);
  return names;
}

Result<int> Dispatcher::rotate_due_keys(TimePoint now, int limit) {
  const std::lock_guard one_at_a_time(mutex_);
  return operations_.rotate_due_keys(now, limit);
}

std::string Dispatcher::handle(std::string_view request) {
  auto result = run(request);
  if (!result) return error_text(result.error());
  return json::serialize(json::object{{"result", std::move(*result)}});
}

Result<json::value> Dispatcher::run(std::string_view request) {
  const auto parsed = TRY(jose::parse_json(request, kRequestLimits));
  const auto* object = parsed.if_object();
  const auto* name = object != nullptr ? object->if_contains("command") : nullptr;
  const auto* args = object != nullptr ? object->if_contains("args") : nullptr;
  if (name == nullptr || !name->is_string() || (args != nullptr && !args->is_object()))
    return fail(Reason::parameter_invalid, "a request is {\"command\": \"...\", \"args\": {...}}");
  const std::string_view command = name->get_string();
  const auto found = commands_.find(command);
  if (found == commands_.end()) {
    const std::string nearest = config::nearest_key(command, commands());
    return fail(Reason::parameter_invalid,
                fmt::format("no command \"{}\"{}", command, nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
  }
  const json::object none;
  Arguments arguments(args != nullptr ? args->get_object() : none);
  const std::lock_guard one_at_a_time(mutex_);
  return found->second(operations_, arguments);
}

}  // namespace tessera::admin
