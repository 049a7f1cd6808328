// Clients of a Keycloak realm, and their secrets.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <map>

#include "admin/keycloak_migration.h"
#include "admin/realm_file.h"
#include "jose/json.h"
#include "jose/jwk.h"
#include "jose/jwks.h"
#include "policy/redirect_uri.h"

namespace tessera::admin {
namespace {

constexpr std::size_t kClientsMax = 10'000;
constexpr std::size_t kSecretBytesMax = 1'024;
constexpr std::size_t kGuessableBytes = 16;
constexpr std::size_t kRestrictionsMax = 2'000'000;

/// The consoles and helpers that Keycloak makes in each realm.
constexpr std::string_view kOwnClients[] = {"account", "account-console",  "admin-cli",
                                            "broker",  "realm-management", "security-admin-console"};

/// Attributes that say something only by a value, and have no counterpart.
struct Attribute {
  std::string_view name;
  std::string_view silent;  ///< the value at which it says nothing, beside ""
  std::string_view why;
};
constexpr Attribute kAttributes[] = {
    {"frontchannel.logout.url", "", "there is no logout by the browser's frames"},
    {"oauth2.device.authorization.grant.enabled", "false", "there is no device grant"},
    {"oidc.ciba.grant.enabled", "false", "there is no CIBA"},
    {"standard.token.exchange.enabled", "false", "there is no token exchange"},
    {"tls.client.certificate.bound.access.tokens", "false", "tokens are bound to no certificate"},
    {"dpop.bound.access.tokens", "false", "tokens are bound to no key (DPoP)"},
    {"require.pushed.authorization.requests", "false", "requests can't be pushed (PAR)"},
    {"access.token.signed.response.alg", "", "tokens are signed by the realm's algorithm"},
    {"client.use.lightweight.access.token.enabled", "false", "access tokens are whole"},
    {"client.offline.session.idle.timeout", "", "an offline session ends after 30 days without use"},
    {"client.offline.session.max.lifespan", "", "an offline session has no end but by disuse"},
};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

void add_word(std::vector<std::string>& words, const std::string& word) {
  if (!contains(words, word)) words.push_back(word);
}

std::int64_t number_of(const KeycloakItem& attributes, std::string_view name, std::int64_t otherwise) {
  const std::string text = attributes.text(name);
  // Keycloak writes its numbers as texts here; 9 digits are 31 years.
  if (text.empty() || text.size() > 9 || !std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; })) return otherwise;
  const std::int64_t number = std::stoll(text);
  return number > 0 ? number : otherwise;
}

class ClientReader {
 public:
  ClientReader(const KeycloakContext& context, const KeycloakItem& item, const KeycloakItem& attributes, KeycloakImport& import)
      : context_(context), item_(item), attributes_(attributes), import_(import), report_(import.report) {
    client_.client_id = item.text("clientId");
    what_ = "client " + client_.client_id;
  }

  Status read() {
    client_.enabled = item_.flag("enabled", true);
    client_.is_public = item_.flag("publicClient", false) && !item_.flag("bearerOnly", false);
    auto& policy = client_.policy.edit();
    const std::string name = item_.text("name");
    if (fits_a_file(name) && !name.starts_with("${")) policy.name = name;
    policy.mounts = {"keycloak"};
    policy.claims_profile = "keycloak";
    policy.consent_required = item_.flag("consentRequired", false);
    read_grants(policy);
    read_lifetimes(policy);
    read_pkce(policy);
    read_redirects(policy);
    read_backchannel(policy);
    read_origins(policy);
    read_scopes(policy);
    read_claims(policy);
    read_algorithms(policy);
    tell_of_attributes();
    read_secret();
    report_.carry("clients");
    import_.clients.push_back(std::move(client_));
    return {};
  }

 private:
  void read_grants(model::ClientPolicy& policy) {
    if (item_.flag("bearerOnly", false)) return;  // a resource server: it asks for no tokens
    const bool standard = item_.flag("standardFlowEnabled", true);
    const bool direct = item_.flag("directAccessGrantsEnabled", false);
    if (standard) policy.grants.emplace_back("authorization_code");
    if (direct) policy.grants.emplace_back("password");
    if (item_.flag("serviceAccountsEnabled", false) && !client_.is_public) policy.grants.emplace_back("client_credentials");
    if ((standard || direct) && attributes_.text("use.refresh.tokens") != "false") policy.grants.emplace_back("refresh_token");
    if (item_.flag("implicitFlowEnabled", false))
      report_.change(what_, "no tokens come by the redirect (implicit flow): the client has to use the authorization code");
  }

  void read_lifetimes(model::ClientPolicy& policy) {
    const auto& realm = context_.lifetimes;
    policy.access_ttl_s = number_of(attributes_, "access.token.lifespan", realm.access_s);
    policy.refresh_idle_s = number_of(attributes_, "client.session.idle.timeout", realm.idle_s);
    policy.refresh_ttl_s = number_of(attributes_, "client.session.max.lifespan", realm.max_s);
    policy.refresh_format = model::RefreshFormat::jwt;
    policy.refresh_mode = realm.rotates ? model::RefreshMode::rotate : model::RefreshMode::reissue;
    policy.reuse_leeway_s = realm.rotates && !realm.forgives_reuse ? 0 : 10;
    policy.public_refresh_without_rotation = client_.is_public && !realm.rotates && contains(policy.grants, "refresh_token");
  }

  void read_pkce(model::ClientPolicy& policy) {
    const std::string method = attributes_.text("pkce.code.challenge.method");
    policy.pkce_required = !method.empty();
    policy.pkce_plain = method == "plain";
    if (method.empty() && client_.is_public && contains(policy.grants, "authorization_code"))
      report_.change(what_, "a public client has to use PKCE (S256); Keycloak did not ask for it");
  }

  /// Keycloak takes a path and puts the client's root before it.
  std::string absolute(const std::string& uri) const {
    const std::string root = item_.text("rootUrl");
    return uri.starts_with('/') && !root.empty() && !root.starts_with("${")
               ? (root.ends_with('/') ? root.substr(0, root.size() - 1) : root) + uri
               : uri;
  }

  void read_redirects(model::ClientPolicy& policy) {
    for (const auto& written : item_.words("redirectUris")) add_redirect(written, "redirect URI", policy, policy.redirect_uris);
    // One text with "##" between them.
    const std::string after_logout = attributes_.text("post.logout.redirect.uris");
    std::string_view rest = after_logout;
    while (!rest.empty()) {
      const auto end = std::min(rest.find("##"), rest.size());
      const std::string written(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 2, rest.size()));
      if (written == "+")
        add_word(policy.post_logout_redirect_uris, written);
      else if (!written.empty() && written != "-")
        add_redirect(written, "URI after logout", policy, policy.post_logout_redirect_uris);
    }
  }

  void add_redirect(const std::string& written, std::string_view what, model::ClientPolicy& policy, std::vector<std::string>& uris) {
    const std::string uri = absolute(written);
    const auto fault = fits_a_file(uri) ? policy::redirect_uri_fault(uri, true) : "is too long, or holds control characters";
    if (!fault.empty())
      return report_.refuse(fmt::format("{} {} of {}", what, fits_a_file(uri) ? uri : "", what_), fmt::format("it {}", fault));
    policy.redirect_trailing_star |= uri.ends_with('*');
    add_word(uris, uri);
  }

  void read_backchannel(model::ClientPolicy& policy) {
    const std::string uri = attributes_.text("backchannel.logout.url");
    if (uri.empty()) return;
    const auto fault = fits_a_file(uri) ? policy::redirect_uri_fault(uri, false) : "is too long, or holds control characters";
    if (!fault.empty() || policy::origin_of(uri).empty())
      return report_.refuse("backchannel.logout.url of " + what_, fmt::format("it {}", fault.empty() ? "is no web address" : fault));
    policy.backchannel_logout_uri = uri;
    policy.backchannel_logout_session_required = attributes_.text("backchannel.logout.session.required") == "true";
  }

  void read_origins(model::ClientPolicy& policy) {
    for (const auto& written : item_.words("webOrigins")) {
      if (written == "+") {
        for (const auto& uri : policy.redirect_uris)
          if (const auto origin = policy::origin_of(uri); !origin.empty()) add_word(policy.web_origins, origin);
      } else if (const auto origin = fits_a_file(written) ? policy::origin_of(absolute(written)) : ""; !origin.empty() && written != "*") {
        add_word(policy.web_origins, origin);
      } else {
        report_.refuse(fmt::format("web origin {} of {}", fits_a_file(written) ? written : "", what_),
                       "scripts are let in by exact origins only");
      }
    }
  }

  std::vector<std::string> scopes_named(std::string_view list, const std::vector<std::string>& otherwise) {
    std::vector<std::string> known;
    for (const auto& name : item_.has(list) ? item_.words(list) : otherwise)
      if (context_.scopes.all.contains(name)) add_word(known, name);
    return known;
  }

  void read_scopes(model::ClientPolicy& policy) {
    policy.scopes = {"openid"};
    for (const auto& name : scopes_named("defaultClientScopes", context_.scopes.defaults)) {
      add_word(policy.scopes, name);
      if (context_.scopes.all.find(name)->second.in_token) add_word(policy.default_scopes, name);
    }
    for (const auto& name : scopes_named("optionalClientScopes", context_.scopes.optionals)) {
      add_word(policy.scopes, name);
      if (context_.scopes.all.find(name)->second.has_claims())
        report_.refuse(fmt::format("claims of optional client scope {} for {}", name, what_),
                       "a custom claim stands in every token or none: whether a scope was asked for makes no difference");
    }
    policy.default_scopes_always = true;
  }

  void read_claims(model::ClientPolicy& policy) {
    KeycloakClaims claims;
    for (const auto& name : scopes_named("defaultClientScopes", context_.scopes.defaults))
      merge(claims, context_.scopes.all.find(name)->second.claims);
    merge(claims, read_mappers(item_, what_, context_.sources, report_));
    policy.claims = std::move(claims.claims);
    policy.response_fields = std::move(claims.response_fields);
    policy.audience = std::move(claims.audience);
    policy.audience_by_roles = claims.audience_by_roles;
  }

  /// What the client does not say, Keycloak takes from the realm; userinfo it leaves unsigned then.
  void read_algorithms(model::ClientPolicy& policy) {
    const auto read = [&](std::string_view attribute, const std::string& otherwise, std::string_view instead) {
      std::string alg = attributes_.text(attribute);
      if (jose::is_public_alg(alg)) return alg;
      if (!alg.empty()) report_.change(fmt::format("{} of {}", attribute, what_), instead);
      return otherwise;
    };
    policy.id_token_signed_response_alg =
        read("id.token.signed.response.alg", import_.realm.policy.signing_alg, "ID tokens are signed by the realm's algorithm");
    policy.userinfo_signed_response_alg = read("user.info.response.signature.alg", "", "userinfo is plain JSON");
  }

  void tell_of_attributes() {
    for (const auto& attribute : kAttributes) {
      const std::string value = attributes_.text(attribute.name);
      if (!value.empty() && value != attribute.silent) report_.change(fmt::format("{} of {}", attribute.name, what_), attribute.why);
    }
    if (item_.has("authorizationSettings"))
      report_.refuse("authorization services of " + what_, "there are no resources, policies and permissions (UMA)");
  }

  /// A client that signs who it is, if the export has its keys or says where they are. It may go on naming the token endpoint, as Keycloak
  /// lets it.
  bool read_keys() {
    auto& policy = client_.policy.edit();
    const std::string keys = attributes_.text("jwks.string");
    const std::string uri = attributes_.text("jwks.url");
    if (attributes_.text("use.jwks.url") == "true" && !uri.empty() && policy::outbound_uri_fault(uri).empty())
      policy.jwks_uri = uri;
    else if (attributes_.text("use.jwks.string") == "true" && jose::parse_jwks(keys))
      policy.jwks = boost::json::serialize(*jose::parse_json(keys));
    else
      return false;
    policy.token_endpoint_auth_method = "private_key_jwt";
    policy.token_endpoint_audience = true;
    report_.carry("public keys of clients");
    return true;
  }

  void read_secret() {
    if (client_.is_public) return;
    const std::string method = item_.text("clientAuthenticatorType");
    if (method == "client-jwt" && read_keys()) return;
    if (!method.empty() && method != "client-secret")
      return report_.refuse(
          fmt::format("{} ({})", what_, fits_a_file(method) ? method : "unknown"),
          "the export has no keys of it that can be used: write its `jwks` or `jwks_uri`, or `tessera secret add` gives it a secret");
    std::string text = item_.text("secret");
    if (text.empty())
      return report_.change(what_, "it has no secret in the export, and none here: `tessera secret add`, or `tessera secret import`");
    if (text.find_first_not_of('*') == std::string::npos)
      return report_.change(what_, "the export masks its secret (kc.sh export writes it): it has none here until `tessera secret import`");
    if (text.size() > kSecretBytesMax)
      return report_.refuse("secret of " + what_, "a secret has 1 to 1,024 bytes: `tessera secret add` makes one");
    if (text.size() < kGuessableBytes)
      report_.change("secret of " + what_, "taken, but one of fewer than 16 bytes may be guessed: `tessera secret add` makes a better one");
    import_.secrets.push_back({client_.client_id, Secret(std::move(text))});
    report_.carry("client secrets");
  }

  const KeycloakContext& context_;
  const KeycloakItem& item_;
  const KeycloakItem& attributes_;
  KeycloakImport& import_;
  MigrationReport& report_;
  model::Client client_;
  std::string what_;
};

/// The roles that scope mappings give to clients and client scopes: [{"client": "app", "roles": ["a"]}].
struct ScopeMappings {
  std::map<std::string, std::set<std::size_t>> of_client;
  std::map<std::string, std::set<std::size_t>> of_scope;

  void add(const KeycloakRoles& roles, const std::string& owner, const std::vector<KeycloakItem>& mappings) {
    for (const auto& mapping : mappings) {
      const std::string scope = mapping.text("clientScope");
      auto& allowed = scope.empty() ? of_client[mapping.text("client")] : of_scope[scope];
      for (const auto& name : mapping.words("roles"))
        if (const auto* number = roles.find({owner, name})) allowed.insert(*number);
    }
  }
};

ScopeMappings read_scope_mappings(const KeycloakContext& context) {
  ScopeMappings mappings;
  mappings.add(context.roles, "", context.root.items("scopeMappings"));
  if (const auto by_client = context.root.item("clientScopeMappings"))
    for (const auto& [owner, unused] : by_client->json()) mappings.add(context.roles, owner, by_client->items(owner));
  return mappings;
}

/// Its own roles, those mapped to it, and those mapped to its default scopes: an optional one may not have been asked for.
std::set<std::size_t> allowed_roles(const KeycloakContext& context, const ScopeMappings& mappings, const KeycloakItem& item) {
  const std::string id = item.text("clientId");
  auto allowed = context.roles.of_client(id);
  if (const auto found = mappings.of_client.find(id); found != mappings.of_client.end())
    allowed.insert(found->second.begin(), found->second.end());
  for (const auto& scope : item.has("defaultClientScopes") ? item.words("defaultClientScopes") : context.scopes.defaults)
    if (const auto found = mappings.of_scope.find(scope); found != mappings.of_scope.end())
      allowed.insert(found->second.begin(), found->second.end());
  return allowed;
}

/// The word that lets a client pass a role on.
std::string pass_word(const std::string& role) { return "role:" + role; }

}  // namespace

Result<std::set<std::string>> choose_keycloak_clients(const KeycloakItem& root, MigrationReport& report) {
  std::set<std::string> chosen;
  std::set<std::string> seen;
  for (const auto& item : root.items("clients")) {
    const std::string id = item.text("clientId");
    const std::string what = "client " + (fits_a_file(id) ? id : item.where());
    if (!seen.insert(id).second) return fail(Reason::config_invalid, fmt::format("{}: {} stands there twice", item.where(), what));
    if (contains(kOwnClients, id)) {
      report.refuse(what, "Keycloak's own consoles stay there, with their roles");
    } else if (const auto protocol = item.text("protocol"); !protocol.empty() && protocol != "openid-connect") {
      report.refuse(what, "it speaks another protocol than OpenID Connect");
    } else if (!is_client_id(id)) {
      report.refuse(what, "a client's id here has 1 to 255 of: letters, digits, . _ ~ - @ : /");
    } else if (chosen.size() >= kClientsMax) {
      return fail(Reason::config_invalid, fmt::format("{}: more than 10,000 clients", item.where()));
    } else {
      chosen.insert(id);
    }
  }
  return chosen;
}

Status read_keycloak_clients(const KeycloakContext& context, KeycloakImport& import) {
  const boost::json::object none;
  std::string unused;
  for (const auto& item : context.root.items("clients")) {
    if (!context.chosen.contains(item.text("clientId"))) continue;
    const auto attributes = item.item("attributes").value_or(KeycloakItem(none, "", unused));
    TRY(ClientReader(context, item, attributes, import).read());
  }
  return {};
}

/// Keycloak's scope mappings are our permissions: a user's role passes only through clients that may ask for all of its permissions.
Status restrict_scopes(const KeycloakContext& context, KeycloakImport& import) {
  std::map<std::string, KeycloakItem> restricted;
  for (const auto& item : context.root.items("clients"))
    if (context.chosen.contains(item.text("clientId")) && !item.flag("fullScopeAllowed", !item.flag("consentRequired", false)))
      restricted.emplace(item.text("clientId"), item);
  auto& roles = import.realm.policy.roles;
  if (restricted.empty() || roles.empty()) return {};
  if (roles.size() * import.clients.size() > kRestrictionsMax)
    return fail(Reason::config_invalid, "its clients without full scope and its roles come to more than a realm can have");
  const auto mappings = read_scope_mappings(context);
  for (auto& role : roles) role.permissions = {pass_word(role.name)};
  for (auto& client : import.clients) {
    auto& policy = client.policy.edit();
    std::vector<std::string> passed = context.roles.names();
    if (const auto item = restricted.find(client.client_id); item != restricted.end()) {
      passed = TRY(context.roles.flatten(allowed_roles(context, mappings, item->second)));
      std::erase_if(policy.roles, [&](const auto& role) { return !contains(passed, role); });
      import.report.change("client " + client.client_id, "its scope mappings are `scopes` named role:ROLE, which every role now asks for");
    }
    const auto asked = policy.scopes;
    for (const auto& name : passed)
      if (const auto word = pass_word(name); !contains(asked, word)) policy.scopes.push_back(word);
  }
  return {};
}

}  // namespace tessera::admin
