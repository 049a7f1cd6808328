// What Keycloak writes: server-spi's PasswordCredentialModel; the algorithms: its Pbkdf2PasswordHashProvider and
// Argon2PasswordHashProvider. Its FIPS mode pads a short password with nulls, as HMAC does to the end of a block anyway: the hash is the
// same.
#include "sessions/keycloak_credential.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "jose/json.h"
#include "sessions/base64.h"
#include "sessions/password_record.h"

namespace tessera::sessions {
namespace {

namespace json = boost::json;

constexpr jose::JsonLimits kLimits{.max_bytes = 16'384, .max_depth = 8};

std::unexpected<Error> refuse(std::string context) { return fail(Reason::config_invalid, std::move(context)); }

Result<json::object> parse_object(std::string_view text, std::string_view what) {
  auto parsed = jose::parse_json(text, kLimits);
  if (!parsed || !parsed->is_object()) return refuse(fmt::format("{} is no JSON object", what));
  return std::move(parsed->get_object());
}

Result<std::string> text_of(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return refuse(fmt::format("the credential's {} is missing, or no text", name));
  return std::string(value->get_string());
}

/// Objects that are kept as JSON within a text.
Result<json::object> inner(const json::object& credential, std::string_view name) {
  if (name == "secretData" && !credential.contains(name))
    return refuse("the credential has no secretData: a realm export that was made with the users has it, the admin API's answers have not");
  return parse_object(TRY(text_of(credential, name)), fmt::format("the credential's {}", name));
}

/// Java's base64, whose reader takes it without padding, too.
Result<std::string> bytes_of(const json::object& secret, std::string_view name) {
  std::string text = TRY(text_of(secret, name));
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  auto bytes = base64_decode(text);
  if (!bytes) return refuse(fmt::format("the credential's {} is no base64", name));
  return *std::move(bytes);
}

/// Keycloak keeps each as a list of one text: "memory":["7168"].
Result<std::string> parameter(const json::object& data, std::string_view name) {
  const auto* const all = data.if_contains("additionalParameters");
  const auto* const values = all != nullptr && all->is_object() ? all->get_object().if_contains(name) : nullptr;
  if (values == nullptr || !values->is_array() || values->get_array().size() != 1 || !values->get_array().front().is_string())
    return refuse(fmt::format("the credential's {} is missing, or not one text in a list", name));
  return std::string(values->get_array().front().get_string());
}

Result<std::string> argon2_cost(const json::object& data, std::int64_t passes, std::size_t hash_bytes) {
  if (TRY(parameter(data, "type")) != "id" || TRY(parameter(data, "version")) != "1.3")
    return refuse("of Argon2 only type id, version 1.3 can be verified");
  if (TRY(parameter(data, "hashLength")) != std::to_string(hash_bytes)) return refuse("the credential's hashLength is not its value's");
  return fmt::format("$argon2id$v=19$m={},t={},p={}$", TRY(parameter(data, "memory")), passes, TRY(parameter(data, "parallelism")));
}

/// The others are by their names here, too; which there are, the record's reader knows.
std::string pbkdf2_cost(std::string_view algorithm, std::int64_t iterations, std::size_t hash_bytes) {
  return fmt::format("${}$i={},l={}$", algorithm, iterations, hash_bytes);
}

}  // namespace

Result<std::string> record_of_keycloak_credential(std::string_view credential_json) {
  const auto credential = TRY(parse_object(credential_json, "the credential"));
  if (TRY(text_of(credential, "type")) != "password") return refuse("the credential's type is not password");
  const auto secret = TRY(inner(credential, "secretData"));
  const auto data = TRY(inner(credential, "credentialData"));
  const auto hash = TRY(bytes_of(secret, "value"));
  const auto salt = TRY(bytes_of(secret, "salt"));
  const auto algorithm = TRY(text_of(data, "algorithm"));
  const auto* const iterations = data.if_contains("hashIterations");
  if (iterations == nullptr || !iterations->is_int64()) return refuse("the credential's hashIterations is missing, or no whole number");
  const auto cost = algorithm == "argon2" ? TRY(argon2_cost(data, iterations->get_int64(), hash.size()))
                                          : pbkdf2_cost(algorithm, iterations->get_int64(), hash.size());
  auto record = spell_record(cost, salt, hash);
  TRY(read_record(record, RecordOrigin::imported));
  return record;
}

}  // namespace tessera::sessions
