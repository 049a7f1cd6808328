// What a Keycloak realm says of itself, and its client scopes.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "admin/keycloak_migration.h"
#include "admin/realm_file.h"
#include "jose/jwk.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLongestS = 100 * 31'536'000LL;
constexpr std::size_t kScopesMax = 900;  // a file takes 1,000 words; some are added
constexpr std::size_t kNameBytesMax = 255;

/// Parts of an export that say something only when they hold something, and have no counterpart here.
struct Part {
  std::string_view name;
  std::string_view why;
};
constexpr Part kParts[] = {
    {"identityProviders", "signing in by another provider is not to be had here; these users need a password"},
    {"identityProviderMappers", "signing in by another provider is not to be had here; these users need a password"},
    {"userFederationProviders", "users stand in Tessera's own database; import them"},
    {"passwordPolicy", "there are no rules for passwords but 1 to 128 bytes"},
    {"smtpServer", "Tessera sends no mail"},
    {"defaultGroups", "there are no groups that new users join"},
    {"localizationTexts", "the pages have their own texts"},
    {"clientTemplates", "an export this old has templates for clients; export it from a newer Keycloak"},
    {"organizations", "there are no organizations"},
};

bool holds_something(const KeycloakItem& root, std::string_view name) {
  const auto* value = root.json().if_contains(name);
  if (value == nullptr || value->is_null()) return false;
  if (const auto* list = value->if_array()) return !list->empty();
  if (const auto* object = value->if_object()) return !object->empty();
  return !value->is_string() || !value->get_string().empty();
}

void tell_of_components(const KeycloakItem& root, MigrationReport& report) {
  const auto components = root.item("components");
  if (!components) return;
  if (components->has("org.keycloak.keys.KeyProvider"))
    report.refuse("signing keys", "the realm gets keys of its own; whoever checks tokens fetches them from the same `certs`");
  for (const auto& storage : components->items("org.keycloak.storage.UserStorageProvider"))
    report.refuse(fmt::format("user storage {}", fits_a_file(storage.text("name")) ? storage.text("name") : storage.where()),
                  "users stand in Tessera's own database; import them");
}

void tell_of_flows(const KeycloakItem& root, MigrationReport& report) {
  for (const auto& flow : root.items("authenticationFlows"))
    if (!flow.flag("builtIn", false) && flow.flag("topLevel", true))
      report.refuse(fmt::format("authentication flow {}", fits_a_file(flow.text("alias")) ? flow.text("alias") : flow.where()),
                    "signing in is by password, in one fixed order");
}

std::int64_t seconds(const KeycloakItem& root, std::string_view name, std::int64_t otherwise, std::int64_t least) {
  const std::int64_t value = root.number(name, otherwise);
  if (value < least || value > kLongestS) root.fault(name, fmt::format("must be {} to {} (seconds)", least, kLongestS));
  return value;
}

void read_transport(const KeycloakItem& root, model::RealmPolicy& policy, MigrationReport& report) {
  std::string ssl = root.text("sslRequired");
  std::ranges::transform(ssl, ssl.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  policy.https_required = ssl == "all";
  if (ssl == "external")
    report.change("sslRequired external",
                  "the server as a whole refuses plain HTTP beyond loopback; for HTTPS everywhere set https_required of [realm]");
}

void read_algorithm(const KeycloakItem& root, model::RealmPolicy& policy, MigrationReport& report) {
  const std::string alg = root.text("defaultSignatureAlgorithm");
  policy.signing_alg = jose::is_public_alg(alg) ? alg : "RS256";
  if (!alg.empty() && alg != policy.signing_alg)
    report.change(fmt::format("defaultSignatureAlgorithm {}", fits_a_file(alg) ? alg : ""), "tokens are signed by RS256 instead");
}

void tell_of_fixed_values(const KeycloakItem& root, MigrationReport& report) {
  if (root.number("offlineSessionIdleTimeout", 2'592'000) != 2'592'000)
    report.change("offlineSessionIdleTimeout", "an offline session ends after 30 days without use");
  if (root.number("accessCodeLifespan", 60) != 60) report.change("accessCodeLifespan", "a code lives for 60 s");
  if (root.flag("bruteForceProtected", false))
    report.change("bruteForceProtected and failureFactor",
                  "guessing is slowed down in every realm alike: failures_before_backoff in [throttle] of the server's configuration");
  if (root.number("notBefore", 0) != 0)
    report.change("notBefore", "no token of Keycloak is taken any more, so there is nothing to keep out");
  if (root.number("ssoSessionIdleTimeoutRememberMe", 0) != 0 || root.number("ssoSessionMaxLifespanRememberMe", 0) != 0)
    report.change("lifespans of remembered sessions", "a session has one idle and one longest lifetime");
}

void add_word(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

/// What each realm of Keycloak begins with, for a file that was written by hand and names no client scopes.
void use_usual_scopes(KeycloakScopes& scopes, model::RealmPolicy& policy) {
  scopes.defaults = {"profile", "email"};
  scopes.optionals = {"offline_access", "address", "phone"};
  for (const auto* list : {&scopes.defaults, &scopes.optionals})
    for (const auto& name : *list) {
      scopes.all[name] = {};
      add_word(policy.scopes, name);
    }
}

void read_text(const KeycloakItem& attributes, const std::string& name, model::RealmPolicy& policy, MigrationReport& report) {
  const std::string text = attributes.text("consent.screen.text");
  // "${profileScopeConsentText}" is a key of Keycloak's own texts; the pages have words of their own for those.
  if (text.empty() || text.starts_with("${")) return;
  if (!fits_a_file(text))
    return report.refuse(fmt::format("consent text of client scope {}", name), "a text here has one line of 4,096 bytes");
  policy.scope_texts.push_back({.name = name, .en = text});
}

}  // namespace

KeycloakLifetimes read_keycloak_settings(const KeycloakItem& root, model::Realm& realm, MigrationReport& report) {
  auto& policy = realm.policy;
  realm.enabled = root.flag("enabled", true);
  const KeycloakLifetimes lifetimes{.access_s = seconds(root, "accessTokenLifespan", 300, 1),
                                    .idle_s = seconds(root, "ssoSessionIdleTimeout", 1'800, 1),
                                    .max_s = seconds(root, "ssoSessionMaxLifespan", 36'000, 1),
                                    .rotates = root.flag("revokeRefreshToken", false),
                                    .forgives_reuse = root.number("refreshTokenMaxReuse", 0) > 0};
  policy.session_idle_s = lifetimes.idle_s;
  policy.session_max_s = lifetimes.max_s;
  if (lifetimes.rotates && lifetimes.forgives_reuse)
    report.change("refreshTokenMaxReuse", "a used refresh token is forgiven for 10 s (reuse_leeway), not so many times");
  const std::string display_name = root.text("displayName");
  if (fits_a_file(display_name)) policy.brand.display_name = display_name;
  read_transport(root, policy, report);
  read_algorithm(root, policy, report);
  tell_of_fixed_values(root, report);
  for (const auto& part : kParts)
    if (holds_something(root, part.name)) report.refuse(std::string(part.name), part.why);
  tell_of_components(root, report);
  tell_of_flows(root, report);
  return lifetimes;
}

Result<KeycloakScopes> read_keycloak_scopes(const KeycloakItem& root, model::RealmPolicy& policy, KeycloakAttributeSources& sources,
                                            MigrationReport& report) {
  KeycloakScopes scopes;
  add_word(policy.scopes, "openid");
  if (!root.has("clientScopes")) {
    use_usual_scopes(scopes, policy);
    return scopes;
  }
  const boost::json::object none;
  std::string unused;
  for (const auto& item : root.items("clientScopes")) {
    const std::string name = item.text("name");
    if (const auto protocol = item.text("protocol"); !protocol.empty() && protocol != "openid-connect") {
      report.refuse(fmt::format("client scope {}", fits_a_file(name) ? name : item.where()),
                    "it is for another protocol than OpenID Connect");
      continue;
    }
    if (!is_scope_word(name) || name.size() > kNameBytesMax || scopes.all.size() >= kScopesMax) {
      report.refuse(fmt::format("client scope {}", fits_a_file(name) ? name : item.where()),
                    "a scope is a word of printable ASCII without quote or backslash, and there are 900 at most");
      continue;
    }
    if (scopes.all.contains(name))
      return fail(Reason::config_invalid, fmt::format("{}: client scope {} stands there twice", item.where(), name));
    const auto attributes = item.item("attributes").value_or(KeycloakItem(none, "", unused));
    KeycloakScope& scope = scopes.all[name];
    scope.in_token = attributes.text("include.in.token.scope") != "false";
    scope.claims = read_mappers(item, "client scope " + name, sources, report);
    add_word(policy.scopes, name);
    read_text(attributes, name, policy, report);
    report.carry("client scopes");
  }
  scopes.defaults = root.words("defaultDefaultClientScopes");
  scopes.optionals = root.words("defaultOptionalClientScopes");
  return scopes;
}

}  // namespace tessera::admin
