#include "dialects/dialect.h"

#include <algorithm>

#include "dialects/spec.h"

namespace tessera::dialects {
namespace {

std::string name_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  if (path.ends_with(".toml")) path.remove_suffix(5);
  return std::string(path);
}

/// It stands in headers, logs and metrics.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

std::string_view EndpointLook::standard_name(std::string_view wire) const {
  const auto found =
      std::lower_bound(names_in.begin(), names_in.end(), wire, [](const auto& pair, std::string_view key) { return pair.first < key; });
  return found != names_in.end() && found->first == wire ? std::string_view(found->second) : std::string_view();
}

bool EndpointLook::takes(std::string_view standard) const {
  return std::any_of(names_in.begin(), names_in.end(), [standard](const auto& pair) { return pair.second == standard; });
}

const OutFields& EndpointLook::fields_for(std::string_view grant_type) const {
  const auto found = out_by_grant.find(grant_type);
  return found == out_by_grant.end() ? out : found->second;
}

const Answer& EndpointLook::answer_for(Reason reason, std::string_view grant_type) const {
  const auto found = answers_by_grant.find(grant_type);
  return (found == answers_by_grant.end() ? answers : found->second)[static_cast<std::size_t>(reason)];
}

bool takes_bearer(const EndpointLook& look) {
  using enum model::EndpointKind;
  return look.kind == userinfo || model::is_about_registration(look.kind) || (look.kind == revoke && !look.takes("token"));
}

Result<std::shared_ptr<const Dialect>> parse_dialect(std::string_view toml, const std::string& path, const Library& library) {
  const std::string name = name_of(path);
  if (!is_name(name)) return refuse(path, "a dialect's file is named by a-z, 0-9, - and _ (at most 32); rename it, e.g. to bank.toml");
  Dialect::Source own{path, std::string(toml)};
  std::vector<Dialect::Source> sources;
  if (const std::string parent = TRY(read_extends(own)); !parent.empty()) {
    const auto dialect = library.find(parent);
    if (!dialect) return refuse(path, "it extends `" + parent + "`, which does not exist; write one of the known dialects");
    sources = dialect->sources();
  }
  sources.push_back(std::move(own));
  const DialectSpec spec = TRY(read_spec(name, sources));
  TRY(check_spec(spec));
  std::vector<EndpointLook> looks = TRY(compile_spec(spec));
  return std::make_shared<const Dialect>(name, std::move(sources), std::move(looks));
}

}  // namespace tessera::dialects
