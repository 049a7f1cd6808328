// From TOML to a DialectSpec: shapes and words. What the words may say is the business of checks.cc.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "config/nearest_key.h"
#include "dialects/spec.h"
#include "dialects/toml_reader.h"
#include "jose/json.h"

namespace tessera::dialects {
namespace {

const std::vector<std::string_view> kDialectKeys = {"extends", "error", "codes", "envelope", "reasons", "endpoint"};
const std::vector<std::string_view> kEndpointKeys = {"kind",     "paths",      "root_paths", "methods", "body",        "client",
                                                     "in",       "grant_type", "out",        "success", "reasons",     "grant",
                                                     "response", "errors",     "members",    "update",  "grant_types", "cors"};

/// The position of `word` in `words`, or a refusal that names the nearest one.
Result<std::size_t> find_word(std::string_view word, std::span<const std::string_view> words, const Place& place, std::string_view what) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string nearest = config::nearest_key(word, {words.begin(), words.end()});
  if (!nearest.empty()) return refuse(place, fmt::format("unknown {} `{}`; write `{}`", what, word, nearest));
  return refuse(place, fmt::format("unknown {} `{}`; write one of: {}", what, word, fmt::join(words, ", ")));
}

Result<NameSpec> read_name(const toml::node& node) {
  const Place place = place_of(node);
  if (node.is_string()) return NameSpec{node.as_string()->get(), node.as_string()->get(), place};
  if (!node.is_table()) return refuse(place, "this list holds names; write \"scope\" or { name = \"app_id\", is = \"client_id\" }");
  const toml::table& table = *node.as_table();
  TRY(only_keys(table, {"name", "is"}));
  const auto wire = TRY(text_at(table, "name"));
  const auto standard = TRY(text_at(table, "is"));
  if (!wire || !standard) return refuse(place, "a renamed parameter needs both; write { name = \"app_id\", is = \"client_id\" }");
  return NameSpec{*wire, *standard, place};
}

Result<std::optional<std::vector<NameSpec>>> read_names(const toml::table& table, std::string_view key) {
  const toml::array* const array = TRY(array_at(table, key));
  if (array == nullptr) return std::nullopt;
  std::vector<NameSpec> names;
  for (const toml::node& node : *array) {
    NameSpec name = TRY(read_name(node));
    names.push_back(std::move(name));
  }
  return names;
}

Result<FieldSpec> read_constant(const toml::table& table) {
  TRY(only_keys(table, {"name", "value"}));
  const auto name = TRY(text_at(table, "name"));
  const toml::node* const value = table.get("value");
  if (!name || value == nullptr) return refuse(place_of(table), "a constant needs both; write { name = \"success\", value = true }");
  FieldSpec spec;
  spec.place = place_of(table);
  spec.field.name = *name;
  spec.field.fallback = TRY(constant_of(*value));
  return spec;
}

Result<FieldSpec> read_field(const toml::node& node) {
  const Place place = place_of(node);
  if (const auto* const word = node.as_string()) {
    FieldSpec spec;
    spec.place = place;
    spec.field.term = static_cast<Term>(TRY(find_word(word->get(), model::kTokenFieldNames, place, "field")));
    spec.field.name = word->get();
    return spec;
  }
  if (!node.is_table()) return refuse(place, "`out` holds fields; write \"access_token\" or { name = \"access\", is = \"access_token\" }");
  const toml::table& table = *node.as_table();
  if (table.contains("value")) return read_constant(table);
  TRY(only_keys(table, {"name", "is", "type", "format", "absent"}));
  const auto name = TRY(text_at(table, "name"));
  const auto standard = TRY(text_at(table, "is"));
  if (!standard) return refuse(place, "the field does not say what it stands for; write { name = \"access\", is = \"access_token\" }");
  FieldSpec spec;
  spec.place = place;
  spec.field.term = static_cast<Term>(TRY(find_word(*standard, model::kTokenFieldNames, place, "field")));
  spec.field.name = name.value_or(*standard);
  spec.format = TRY(text_at(table, "format"));
  spec.type = TRY(text_at(table, "type"));
  if (const toml::node* const absent = table.get("absent")) spec.field.fallback = TRY(constant_of(*absent));
  return spec;
}

Result<std::optional<std::vector<FieldSpec>>> read_fields(const toml::table& table) {
  const toml::array* const array = TRY(array_at(table, "out"));
  if (array == nullptr) return std::nullopt;
  std::vector<FieldSpec> fields;
  for (const toml::node& node : *array) {
    FieldSpec field = TRY(read_field(node));
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<ReasonSpecs> read_reasons(const toml::table& parent) {
  static const std::vector<std::string_view> names = {
#define TESSERA_REASON(name, oauth_code, operator_line) #name,
#include "base/reasons.def"
#undef TESSERA_REASON
  };
  ReasonSpecs reasons;
  const toml::table* const table = TRY(table_at(parent, "reasons"));
  if (table == nullptr) return reasons;
  for (const auto& [key, value] : *table) {
    const std::size_t reason = TRY(find_word(key.str(), names, place_of(value), "reason"));
    const toml::table* const entry = TRY(table_at(*table, key.str()));
    TRY(only_keys(*entry, {"status", "code", "text"}));
    ReasonSpec& spec = reasons[static_cast<Reason>(reason)];
    spec.status = TRY(number_at(*entry, "status"));
    spec.code = TRY(text_at(*entry, "code"));
    spec.text = TRY(text_at(*entry, "text"));
    spec.place = place_of(value);
  }
  return reasons;
}

Result<std::vector<GrantSpec>> read_grants(const toml::table& endpoint) {
  std::vector<GrantSpec> grants;
  const toml::table* const table = TRY(table_at(endpoint, "grant"));
  if (table == nullptr) return grants;
  for (const auto& [key, value] : *table) {
    const toml::table* const grant = TRY(table_at(*table, key.str()));
    TRY(only_keys(*grant, {"out", "reasons"}));
    GrantSpec spec;
    spec.grant_type = key.str();
    spec.out = TRY(read_fields(*grant));
    spec.reasons = TRY(read_reasons(*grant));
    spec.place = place_of(value);
    grants.push_back(std::move(spec));
  }
  return grants;
}

Result<EndpointSpec> read_endpoint(std::string_view name, const toml::table& table) {
  TRY(only_keys(table, kEndpointKeys));
  EndpointSpec spec;
  spec.name = name;
  spec.place = place_of(table);
  for (const auto& [key, value] : table) spec.places[std::string(key.str())] = place_of(value);
  const std::string kind = TRY(text_at(table, "kind")).value_or(std::string(name));
  spec.kind = static_cast<model::EndpointKind>(TRY(find_word(kind, model::kEndpointNames, spec.place_of("kind"), "endpoint kind")));
  spec.paths = TRY(texts_at(table, "paths"));
  spec.root_paths = TRY(texts_at(table, "root_paths"));
  spec.methods = TRY(texts_at(table, "methods"));
  spec.body = TRY(texts_at(table, "body"));
  spec.client = TRY(texts_at(table, "client"));
  spec.grant_type = TRY(text_at(table, "grant_type")).value_or("");
  spec.success = TRY(number_at(table, "success"));
  spec.in = TRY(read_names(table, "in"));
  spec.members = TRY(read_names(table, "members"));
  spec.grant_types = TRY(texts_at(table, "grant_types"));
  spec.update = TRY(text_at(table, "update")).value_or("");
  spec.out = TRY(read_fields(table));
  spec.response = TRY(texts_at(table, "response"));
  spec.errors = TRY(text_at(table, "errors")).value_or("");
  spec.cors = TRY(text_at(table, "cors")).value_or("");
  spec.reasons = TRY(read_reasons(table));
  spec.grants = TRY(read_grants(table));
  return spec;
}

Result<std::vector<ErrorFieldSpec>> read_error(const toml::table& root) {
  std::vector<ErrorFieldSpec> fields;
  const toml::array* const array = TRY(array_at(root, "error"));
  if (array == nullptr) return fields;
  for (const toml::node& node : *array) {
    if (!node.is_table()) return refuse(place_of(node), "`error` holds fields; write { name = \"error\", value = \"{code}\" }");
    const toml::table& table = *node.as_table();
    TRY(only_keys(table, {"name", "value"}));
    const auto name = TRY(text_at(table, "name"));
    const toml::node* const value = table.get("value");
    if (!name || value == nullptr)
      return refuse(place_of(node), "an error field needs both; write { name = \"error\", value = \"{code}\" }");
    ErrorFieldSpec field{*name, {}, !value->is_string(), place_of(node)};
    field.value = field.constant ? TRY(constant_of(*value)) : value->as_string()->get();
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<EnvelopeSpec> read_envelope(const toml::table& root) {
  EnvelopeSpec spec;
  const toml::table* const table = TRY(table_at(root, "envelope"));
  if (table == nullptr) return spec;
  TRY(only_keys(*table, {"name", "constants"}));
  spec.place = place_of(*table);
  spec.name = TRY(text_at(*table, "name")).value_or("");
  if (spec.name.empty()) return refuse(spec.place, "the envelope has no name for the token fields; write envelope = { name = \"data\" }");
  const toml::array* const constants = TRY(array_at(*table, "constants"));
  if (constants == nullptr) return spec;
  for (const toml::node& node : *constants) {
    if (!node.is_table()) return refuse(place_of(node), "`constants` holds tables; write { name = \"success\", value = true }");
    FieldSpec constant = TRY(read_constant(*node.as_table()));
    spec.constants.push_back(std::move(constant));
  }
  return spec;
}

Result<std::map<std::string, CodeSpec, std::less<>>> read_codes(const toml::table& root) {
  std::map<std::string, CodeSpec, std::less<>> codes;
  const toml::table* const table = TRY(table_at(root, "codes"));
  if (table == nullptr) return codes;
  for (const auto& [key, value] : *table) {
    const toml::table* const entry = TRY(table_at(*table, key.str()));
    TRY(only_keys(*entry, {"status", "text"}));
    CodeSpec& spec = codes[std::string(key.str())];
    spec.status = TRY(number_at(*entry, "status"));
    spec.text = TRY(text_at(*entry, "text"));
    spec.place = place_of(value);
  }
  return codes;
}

Result<DialectSpec> read_root(const std::string& name, const toml::table& root) {
  TRY(only_keys(root, kDialectKeys));
  DialectSpec spec;
  spec.name = name;
  spec.place = place_of(root);
  spec.error = TRY(read_error(root));
  spec.envelope = TRY(read_envelope(root));
  spec.reasons = TRY(read_reasons(root));
  spec.codes = TRY(read_codes(root));
  if (const toml::table* const endpoints = TRY(table_at(root, "endpoint"))) {
    for (const auto& [key, value] : *endpoints) {
      const toml::table* const endpoint = TRY(table_at(*endpoints, key.str()));
      EndpointSpec read = TRY(read_endpoint(key.str(), *endpoint));
      spec.endpoints.push_back(std::move(read));
    }
  }
  return spec;
}

}  // namespace

Result<DialectSpec> read_spec(const std::string& name, const std::vector<Dialect::Source>& sources) {
  toml::table root;
  for (const Dialect::Source& source : sources) {
    toml::table own = TRY(parse_toml(source));
    if (root.empty())
      root = std::move(own);
    else
      merge(root, std::move(own));
  }
  return read_root(name, root);
}

Result<std::string> read_extends(const Dialect::Source& source) {
  const toml::table root = TRY(parse_toml(source));
  return TRY(text_at(root, "extends")).value_or("");
}

bool EndpointSpec::takes(std::string_view standard) const {
  return in && std::any_of(in->begin(), in->end(), [standard](const NameSpec& given) { return given.standard == standard; });
}

}  // namespace tessera::dialects
