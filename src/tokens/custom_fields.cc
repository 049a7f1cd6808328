#include "tokens/custom_fields.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tessera::tokens {

namespace {

std::optional<model::FieldValue> resolve(const model::CustomField& field, const model::User* user) {
  if (field.source == model::CustomField::Source::constant) return model::FieldValue{field.value, field.is_boolean};
  if (user == nullptr) return std::nullopt;
  const auto found = user->profile.attributes.find(field.value);
  if (found == user->profile.attributes.end()) return std::nullopt;
  return model::FieldValue{found->second.text, field.is_boolean};
}

void collect(CustomValues& values, const std::vector<model::CustomField>& fields, const model::User* user) {
  for (const auto& field : fields) {
    auto value = resolve(field, user);
    if (!value) continue;
    const auto same = std::find_if(values.begin(), values.end(), [&](const auto& item) { return item.first == field.name; });
    if (same != values.end())
      same->second = std::move(*value);
    else
      values.emplace_back(field.name, std::move(*value));
  }
}

}  // namespace

bool is_reserved_claim(std::string_view name) {
  static constexpr std::array<std::string_view, 35> kReserved{"iss",
                                                              "sub",
                                                              "aud",
                                                              "exp",
                                                              "iat",
                                                              "nbf",
                                                              "jti",
                                                              "client_id",
                                                              "azp",
                                                              "scope",
                                                              "lineage",
                                                              "rev",
                                                              "ext",
                                                              "typ",
                                                              "cnf",
                                                              "sid",
                                                              "nonce",
                                                              "acr",
                                                              "auth_time",
                                                              "act",
                                                              "at_hash",
                                                              "realm_access",
                                                              "resource_access",
                                                              "email_verified",
                                                              "username",
                                                              "active",
                                                              "roles",
                                                              "preferred_username",
                                                              "name",
                                                              "given_name",
                                                              "family_name",
                                                              "email",
                                                              "allowed-origins",
                                                              "token_type",
                                                              "userinfo_claims"};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

CustomValues custom_claims(const model::Authorization& authorization) {
  CustomValues values;
  collect(values, authorization.realm->policy.claims, authorization.user.get());
  collect(values, authorization.client->policy->claims, authorization.user.get());
  std::erase_if(values, [](const auto& item) { return is_reserved_claim(item.first); });
  return values;
}

CustomValues custom_response_fields(const model::Authorization& authorization) {
  CustomValues values;
  collect(values, authorization.realm->policy.response_fields, authorization.user.get());
  collect(values, authorization.client->policy->response_fields, authorization.user.get());
  return values;
}

void write_custom(jose::JsonWriter& json, std::string_view name, const model::FieldValue& value) {
  if (value.is_boolean)
    json.field(name, value.text == "true");
  else
    json.field(name, std::string_view(value.text));
}

}  // namespace tessera::tokens
