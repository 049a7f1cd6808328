// Protocol mappers. Which there are: the providers in Keycloak's org.keycloak.protocol.oidc.mappers.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "admin/keycloak_migration.h"
#include "model/token.h"
#include "tokens/custom_fields.h"

namespace tessera::admin {
namespace {

struct Pair {
  std::string_view from;
  std::string_view claim;
};

/// What the claims profile writes by itself, from the same source.
constexpr Pair kOwnClaims[] = {{"username", "preferred_username"},
                               {"email", "email"},
                               {"emailVerified", "email_verified"},
                               {"firstName", "given_name"},
                               {"lastName", "family_name"}};

/// Claims of the standard scopes profile and phone: read from the attribute of their own name.
constexpr std::string_view kStandardClaims[] = {"middle_name", "nickname",  "profile",  "picture", "website",
                                                "gender",      "birthdate", "zoneinfo", "locale",  "phone_number"};

/// Mappers whose whole work is done without them.
constexpr std::string_view kOwnMappers[] = {"oidc-allowed-origins-mapper", "oidc-acr-mapper", "oidc-sub-mapper", "oidc-full-name-mapper",
                                            "oidc-address-mapper"};

/// Claims of Keycloak's own scopes that are written whatever the scope.
constexpr std::string_view kWrittenClaims[] = {"auth_time", "client_id"};

/// Claims that Keycloak's own scopes have beyond that. Few clients read them; each export has them.
constexpr std::string_view kUnwrittenClaims[] = {"upn",          "groups",     "updated_at",    "phone_number_verified",
                                                 "organization", "clientHost", "clientAddress", "clientId"};
constexpr std::string_view kOwnScopes[] = {
    "client scope profile", "client scope email",           "client scope address",          "client scope phone",
    "client scope roles",   "client scope web-origins",     "client scope microprofile-jwt", "client scope basic",
    "client scope acr",     "client scope service_account", "client scope organization"};

constexpr Pair kPropertyAttributes[] = {
    {"username", "username"}, {"email", "email"}, {"firstName", "first_name"}, {"lastName", "last_name"}};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

class Mapper {
 public:
  Mapper(const KeycloakItem& item, const KeycloakItem& config, const std::string& owner, KeycloakClaims& out,
         KeycloakAttributeSources& sources, MigrationReport& report)
      : config_(config), kind_(item.text("protocolMapper")), owner_(owner), out_(out), sources_(sources), report_(report) {
    const std::string name = item.text("name");
    what_ = fmt::format("mapper {} of {}", fits_a_file(name) ? name : item.where(), owner);
    claim_ = unescaped(config.text("claim.name"));
  }

  void read() {
    if (contains(kOwnMappers, kind_)) return report_.carry("protocol mappers");
    if (contains(kOwnScopes, owner_) && contains(kWrittenClaims, claim_)) return report_.carry("protocol mappers");
    if (contains(kOwnScopes, owner_) && contains(kUnwrittenClaims, claim_))
      return report_.change(fmt::format("claim {} of {}", claim_, owner_),
                            "not written: no custom claim stands for it; add one to the client");
    if (kind_ == "oidc-usermodel-attribute-mapper") return read_attribute();
    if (kind_ == "oidc-usermodel-property-mapper") return read_property(config_.text("user.attribute"));
    if (kind_ == "oidc-usermodel-realm-role-mapper" || kind_ == "oidc-usermodel-client-role-mapper") return read_roles();
    if (kind_ == "oidc-audience-mapper") return read_audience();
    if (kind_ == "oidc-audience-resolve-mapper") {
      out_.audience_by_roles = true;
      return report_.carry("protocol mappers");
    }
    if (kind_ == "oidc-hardcoded-claim-mapper") return read_constant();
    if (kind_ == "oidc-group-membership-mapper") return read_groups();
    if (kind_ == "oidc-sha256-pairwise-sub-mapper")
      return report_.refuse(what_,
                            "the client gets each user's own sub; subject_type = \"pairwise\" would make other ones than Keycloak made");
    report_.refuse(fmt::format("{} ({})", what_, fits_a_file(kind_) ? kind_ : "unknown"), "no mapper of this kind is known here");
  }

 private:
  /// A dot parts the levels of a nested claim, unless a backslash stands before it.
  std::string unescaped(const std::string& name) {
    std::string plain;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name[i] == '\\' && i + 1 < name.size() && name[i + 1] == '.') {
        plain += name[++i];
        continue;
      }
      is_nested_ |= name[i] == '.';
      plain += name[i];
    }
    return plain;
  }
  bool says(std::string_view name) const { return config_.text(name) == "true"; }

  void read_attribute() {
    const std::string from = config_.text("user.attribute");
    if (contains(kStandardClaims, claim_) && contains(kOwnScopes, owner_)) {
      if (from != claim_) sources_.copies.emplace(claim_, from);
      return report_.carry("protocol mappers");
    }
    for (const auto& property : kPropertyAttributes)
      if (from == property.from) return read_property(from);
    if (!fits_a_file(from) || from.empty()) return report_.refuse(what_, "it names no attribute that a file can hold");
    if (says("multivalued")) report_.change(what_, "a claim of several values has the first of them only");
    write({.name = claim_, .source = model::CustomField::Source::user_attribute, .value = from});
  }

  void read_property(const std::string& property) {
    for (const auto& own : kOwnClaims)
      if (own.from == property && own.claim == claim_) return report_.carry("protocol mappers");
    for (const auto& [from, attribute] : kPropertyAttributes) {
      if (from != property) continue;
      sources_.properties.emplace(attribute, property);
      report_.change(what_, "it reads an attribute of that name, which each user got as a copy; keep both alike");
      return write({.name = claim_, .source = model::CustomField::Source::user_attribute, .value = std::string(attribute)});
    }
    report_.refuse(what_, "this property can't be written as a custom claim");
  }

  void read_roles() {
    if (claim_ == "realm_access.roles" || claim_ == "resource_access.${client_id}.roles") return report_.carry("protocol mappers");
    report_.refuse(what_, "roles stand in realm_access only; a custom claim is one text or boolean, no list");
  }

  void read_audience() {
    const std::string client = config_.text("included.client.audience");
    const std::string audience = client.empty() ? config_.text("included.custom.audience") : client;
    if (config_.text("access.token.claim") == "false")
      return report_.refuse(what_, "it leaves the access token alone; others can't be changed here");
    if (audience.empty() || !fits_a_file(audience)) return report_.refuse(what_, "it names no audience that a file can hold");
    if (!contains(out_.audience, audience)) out_.audience.push_back(audience);
    report_.carry("protocol mappers");
  }

  void read_constant() { write({.name = claim_, .value = config_.text("claim.value")}); }

  void read_groups() {
    const bool full = config_.text("full.path") != "false";
    const std::string attribute = full ? "group_paths" : "group_names";
    sources_.groups.emplace(attribute, full);
    report_.change(what_, "its list is one text here, the groups with a space between; read from an attribute that each user got");
    write({.name = claim_, .source = model::CustomField::Source::user_attribute, .value = attribute});
  }

  bool read_type(model::CustomField& field) {
    const std::string type = config_.text("jsonType.label");
    field.is_boolean = type == "boolean";
    if (field.is_boolean && field.source == model::CustomField::Source::constant && field.value != "true" && field.value != "false") {
      report_.refuse(what_, "its constant is neither true nor false");
      return false;
    }
    if (type == "JSON") {
      report_.refuse(what_, "a custom claim is one text or boolean, no JSON");
      return false;
    }
    if (type == "long" || type == "int") report_.change(what_, "a number is written as a text");
    return true;
  }

  /// Where Keycloak writes it. Ours stand in the access token, or beside it in the response.
  void write(model::CustomField field) {
    if (field.name.empty() || !fits_a_file(field.name) || !fits_a_file(field.value))
      return report_.refuse(what_, "its claim has no name, or a text that no file can hold");
    if (is_nested_) return report_.refuse(what_, "its claim is nested; a custom claim stands at the top");
    if (!read_type(field)) return;
    const bool in_response = says("access.tokenResponse.claim");
    const bool in_access = config_.text("access.token.claim") != "false";
    if (!in_response && !in_access)
      return report_.refuse(what_, "it writes to ID token or userinfo only; custom claims stand in the access token");
    if (in_response && !write_to(out_.response_fields, field, model::is_token_field(field.name) || field.name == "not-before-policy"))
      return;
    if (in_access && !write_to(out_.claims, field, tokens::is_reserved_claim(field.name))) return;
    if (in_access && says("id.token.claim")) report_.change(what_, "its claim stands in the access token, not in the ID token");
    report_.carry("protocol mappers");
  }

  bool write_to(std::vector<model::CustomField>& fields, const model::CustomField& field, bool is_taken) {
    if (is_taken) return report_.refuse(what_, "Tessera writes that field itself"), false;
    std::erase_if(fields, [&](const auto& other) { return other.name == field.name; });
    fields.push_back(field);
    return true;
  }

  const KeycloakItem& config_;
  const std::string kind_;
  const std::string& owner_;
  KeycloakClaims& out_;
  KeycloakAttributeSources& sources_;
  MigrationReport& report_;
  std::string what_;
  std::string claim_;
  bool is_nested_ = false;
};

void merge_fields(std::vector<model::CustomField>& into, const std::vector<model::CustomField>& from) {
  for (const auto& field : from) {
    std::erase_if(into, [&](const auto& other) { return other.name == field.name; });
    into.push_back(field);
  }
}

}  // namespace

KeycloakClaims read_mappers(const KeycloakItem& item, const std::string& owner, KeycloakAttributeSources& sources,
                            MigrationReport& report) {
  KeycloakClaims claims;
  const boost::json::object none;
  for (const auto& mapper : item.items("protocolMappers")) {
    std::string unused;
    const auto config = mapper.item("config").value_or(KeycloakItem(none, "", unused));
    Mapper(mapper, config, owner, claims, sources, report).read();
  }
  return claims;
}

void merge(KeycloakClaims& into, const KeycloakClaims& from) {
  merge_fields(into.claims, from.claims);
  merge_fields(into.response_fields, from.response_fields);
  for (const auto& audience : from.audience)
    if (!contains(into.audience, audience)) into.audience.push_back(audience);
  into.audience_by_roles |= from.audience_by_roles;
}

}  // namespace tessera::admin
