#include "admin/keycloak_import.h"

#include <algorithm>
#include <fstream>

#include "admin/test_world.h"
#include "policy/scope.h"
#include "sessions/password_record.h"
#include "sessions/test_records.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;
using Words = std::vector<std::string>;

std::string export_text() {
  std::ifstream file(TESSERA_SOURCE_DIR "/tests/e2e/realms/keycloak-export.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

KeycloakImport read(const std::string& text, std::string_view name = "") {
  auto import = read_keycloak_realm(text, "realm.json", name);
  EXPECT_TRUE(import) << import.error().context;
  return import ? std::move(*import) : KeycloakImport{};
}

std::string refusal(const std::string& text, std::string_view name = "") {
  const auto import = read_keycloak_realm(text, "realm.json", name);
  if (import) return "taken";
  EXPECT_EQ(import.error().reason, Reason::config_invalid);
  return import.error().context;
}

const model::ClientPolicy& policy_of(const KeycloakImport& import, std::string_view id) {
  const auto found = std::ranges::find(import.clients, id, &model::Client::client_id);
  EXPECT_NE(found, import.clients.end()) << id;
  return *found->policy;
}

const model::User& user_of(const KeycloakImport& import, std::string_view name) {
  const auto found = std::ranges::find(import.users, name, &model::User::username);
  EXPECT_NE(found, import.users.end()) << name;
  return *found;
}

/// The reasons that the report gives for it; "" when it is not there.
std::string why(const KeycloakImport& import, std::string_view part, std::string_view what) {
  std::string reasons;
  const auto report = import.report.to_json();
  for (const auto& entry : report.at(part).as_array())
    for (const auto& name : entry.at("what").as_array())
      if (name.as_string() == what) reasons += entry.at("why").as_string();
  return reasons;
}

/// A world, and what importing the export into it answers.
struct Shop : World {
  KeycloakImport import = read(export_text());
  Result<ImportOutcome> bring(bool dry_run = false) {
    std::vector<NamedText> files;
    for (auto& text : import.files()) files.push_back({"import", std::move(text)});
    return operations.import_realm(files, import.passwords, import.secrets, dry_run);
  }
};

TEST(KeycloakImport, TheRealmsSettingsComeAlong) {
  const auto import = read(export_text());
  EXPECT_EQ(import.realm.name, "shop");
  const auto& policy = import.realm.policy;
  EXPECT_EQ(policy.signing_alg, "RS256");
  EXPECT_EQ(policy.brand.display_name, "Example Shop");
  EXPECT_EQ(policy.session_idle_s, 2'400);
  EXPECT_EQ(policy.session_max_s, 43'200);
  EXPECT_FALSE(policy.https_required);
  EXPECT_NE(why(import, "changed", "sslRequired external"), "");
  EXPECT_NE(why(import, "changed", "bruteForceProtected and failureFactor"), "");
  for (const char* part : {"passwordPolicy", "smtpServer", "identityProviders", "signing keys", "user storage ldap",
                           "authentication flow browser with SMS", "client scope role_list"})
    EXPECT_NE(why(import, "refused", part), "") << part;
  EXPECT_EQ(read(export_text(), "other").realm.name, "other");
}

TEST(KeycloakImport, ARealmSignsByTheAlgorithmThatItDidWhereThatIsToBeHad) {
  for (const std::string alg : {"RS256", "PS256", "ES256", "EdDSA"})
    EXPECT_EQ(read(R"({"realm":"shop","defaultSignatureAlgorithm":")" + alg + "\"}").realm.policy.signing_alg, alg);
  const auto import = read(R"({"realm":"shop","defaultSignatureAlgorithm":"ES512"})");
  EXPECT_EQ(import.realm.policy.signing_alg, "RS256");
  EXPECT_NE(why(import, "changed", "defaultSignatureAlgorithm ES512"), "");
}

TEST(KeycloakImport, AClientsAlgorithmsComeAlong) {
  const auto import = read(R"({"realm":"shop","defaultSignatureAlgorithm":"ES256","clients":[{"clientId":"usual"},
    {"clientId":"own","attributes":{"id.token.signed.response.alg":"PS256","user.info.response.signature.alg":"RS256"}},
    {"clientId":"odd","attributes":{"id.token.signed.response.alg":"HS256","user.info.response.signature.alg":"RS512"}}]})");
  const auto algs = [&](std::string_view client) {
    const auto& policy = policy_of(import, client);
    return policy.id_token_signed_response_alg + ' ' + policy.userinfo_signed_response_alg;
  };
  EXPECT_EQ(algs("usual"), "ES256 ") << "the realm's";
  EXPECT_EQ(algs("own"), "PS256 RS256");
  EXPECT_EQ(algs("odd"), "ES256 ");
  EXPECT_NE(why(import, "changed", "id.token.signed.response.alg of client odd"), "");
  EXPECT_NE(why(import, "changed", "user.info.response.signature.alg of client odd"), "");
}

TEST(KeycloakImport, AClientKeepsWhatItCouldDo) {
  const auto import = read(export_text());
  const auto& web = policy_of(import, "web");
  EXPECT_EQ(web.name, "Web Shop");
  EXPECT_EQ(web.grants, (Words{"authorization_code", "password", "refresh_token"}));
  EXPECT_EQ(web.mounts, Words{"keycloak"});
  EXPECT_EQ(web.access_ttl_s, 300);
  EXPECT_EQ(web.refresh_idle_s, 2'400);
  EXPECT_EQ(web.refresh_ttl_s, 43'200);
  EXPECT_EQ(web.refresh_mode, model::RefreshMode::reissue);
  EXPECT_EQ(web.redirect_uris, (Words{"https://web.example/app/*", "https://web.example/cb"}));
  EXPECT_TRUE(web.redirect_trailing_star);
  EXPECT_TRUE(web.pkce_required);
  EXPECT_EQ(web.web_origins, Words{"https://web.example"});
  EXPECT_EQ(web.default_scopes, (Words{"profile", "email", "customer"}));
  EXPECT_TRUE(web.default_scopes_always);
  EXPECT_NE(std::ranges::find(web.scopes, "offline_access"), web.scopes.end());
  EXPECT_NE(why(import, "refused", "redirect URI http://intranet/cb of client web"), "");
  EXPECT_NE(why(import, "refused", "web origin * of client web"), "");
  EXPECT_EQ(web.post_logout_redirect_uris, (Words{"https://web.example/bye", "https://web.example/"}));
  EXPECT_EQ(web.backchannel_logout_uri, "https://web.example/logout");
  EXPECT_EQ(policy_of(import, "spa").post_logout_redirect_uris, Words{"+"});

  const auto& spa = policy_of(import, "spa");
  EXPECT_EQ(spa.access_ttl_s, 420);
  EXPECT_TRUE(spa.public_refresh_without_rotation);
  EXPECT_FALSE(spa.pkce_required) << "a public client has to anyway";
  EXPECT_EQ(policy_of(import, "jobs").grants, Words{"client_credentials"});
  EXPECT_TRUE(policy_of(import, "bank").grants.empty());
  EXPECT_NE(why(import, "refused", "client account"), "");
  EXPECT_NE(why(import, "refused", "client https://sp.example/saml"), "");
}

TEST(KeycloakImport, SecretsComeInTheClearOrNotAtAll) {
  const auto import = read(export_text());
  ASSERT_EQ(import.secrets.size(), 2u);
  EXPECT_EQ(import.secrets[0].text.reveal(), "planted-secret-of-web-0123456789");
  EXPECT_NE(why(import, "changed", "client kiosk").find("masks its secret"), std::string::npos);
  EXPECT_NE(why(import, "changed", "secret of client jobs").find("guessed"), std::string::npos);
  EXPECT_NE(why(import, "refused", "client bank (client-jwt)"), "");
}

TEST(KeycloakImport, AClientThatSignsKeepsItsKeys) {
  const std::string without = R"("clientAuthenticatorType": "client-jwt",
   "bearerOnly": true,
   "publicClient": false,
   "protocol": "openid-connect",
   "attributes": {})";
  std::string text = export_text();
  const auto at = text.find(without);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, without.size(), R"("clientAuthenticatorType": "client-jwt", "attributes": {"use.jwks.string": "true", "jwks.string":
    "{\"keys\": [{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"})");
  const auto import = read(text);
  const auto& bank = policy_of(import, "bank");
  EXPECT_EQ(bank.token_endpoint_auth_method, "private_key_jwt");
  EXPECT_TRUE(bank.jwks.starts_with(R"({"keys":[{"kty":"OKP")"));
  EXPECT_TRUE(bank.token_endpoint_audience);
  EXPECT_EQ(why(import, "refused", "client bank (client-jwt)"), "");

  const std::string_view of_text = R"("use.jwks.string": "true",)";
  text.replace(text.find(of_text), of_text.size(), R"("use.jwks.url": "true", "jwks.url": "https://bank.example/jwks",)");
  const auto elsewhere = read(text);
  const auto& published = policy_of(elsewhere, "bank");
  EXPECT_EQ(published.jwks_uri, "https://bank.example/jwks");
  EXPECT_EQ(published.jwks, "");
}

TEST(KeycloakImport, MappersBecomeClaimsOrAreNamed) {
  const auto import = read(export_text());
  using Field = model::CustomField;
  const auto attribute = Field::Source::user_attribute;
  const auto& web = policy_of(import, "web");
  EXPECT_EQ(web.claims, (std::vector<Field>{{"customer_no", attribute, "customer", false},
                                            {"vip", attribute, "vip", true},
                                            {"tenant", Field::Source::constant, "shop-1", false},
                                            {"teams", attribute, "group_paths", false},
                                            {"login", attribute, "username", false}}));
  EXPECT_EQ(web.response_fields, (std::vector<Field>{{"mandator_name", Field::Source::constant, "Example Shop", false}}));
  EXPECT_EQ(web.audience, (Words{"https://api.example", "jobs"}));
  EXPECT_NE(why(import, "refused", "mapper limits of client web"), "");
  EXPECT_NE(why(import, "refused", "mapper flat roles of client web"), "");
  EXPECT_EQ(why(import, "refused", "mapper weather of client web (oidc-script-weather-mapper)"), "no mapper of this kind is known here");
  EXPECT_NE(why(import, "refused", "claims of optional client scope reports for client jobs"), "");
  EXPECT_TRUE(policy_of(import, "jobs").claims.empty());
  EXPECT_NE(why(import, "changed", "claim upn of client scope microprofile-jwt"), "");
  EXPECT_EQ(why(import, "changed", "claim auth_time of client scope basic"), "") << "it is written";
  const auto& texts = import.realm.policy.scope_texts;
  ASSERT_EQ(texts.size(), 1u) << "Keycloak's own words are keys of its pages";
  EXPECT_EQ(texts[0].en, "See your customer number");
}

TEST(KeycloakImport, ARoleOfAClientStaysThatClients) {
  const auto import = read(export_text());
  const auto& roles = import.realm.policy.roles;
  const auto auditor = std::ranges::find(roles, "web:auditor", &model::Role::name);
  ASSERT_NE(auditor, roles.end());
  EXPECT_EQ(auditor->client, "web");
  EXPECT_EQ(std::ranges::find(roles, "clerk", &model::Role::name)->client, "");
}

TEST(KeycloakImport, UsersHaveTheirRolesFromCompositesAndGroups) {
  const auto import = read(export_text());
  const auto& anna = user_of(import, "anna");
  EXPECT_EQ(anna.handle.uuid(), "4a273b32-cc81-4bb3-bbc3-636d2c0d759d") << "clients know people by their sub";
  EXPECT_EQ(anna.profile.roles, (Words{"default-roles-shop", "offline_access", "manager", "clerk", "web:auditor"}));
  EXPECT_EQ(anna.profile.given_name, "Anna");
  EXPECT_TRUE(anna.profile.email_verified);
  const std::map<std::string, model::FieldValue> attributes{
      {"customer", {"4711"}}, {"vip", {"true"}},    {"phoneNumber", {"+41 44 000 00 00"}},   {"phone_number", {"+41 44 000 00 00"}},
      {"branch", {"Basel"}},  {"shift", {"night"}}, {"group_paths", {"/staff/night shift"}}, {"username", {"anna"}}};
  EXPECT_EQ(anna.profile.attributes, attributes);
  EXPECT_NE(why(import, "changed", "attribute customer of user anna"), "");
  EXPECT_TRUE(user_of(import, "bert").profile.second_factor);
  EXPECT_FALSE(user_of(import, "carla").enabled);
  EXPECT_TRUE(user_of(import, "carla").profile.must_act);
  EXPECT_NE(why(import, "changed", "user carla (VERIFY_EMAIL)"), "");
  EXPECT_NE(why(import, "refused", "role Store Manager"), "");
  EXPECT_NE(why(import, "refused", "role Store Manager of user carla"), "");
  EXPECT_NE(why(import, "refused", "password of user dora").find("scheme must be one of"), std::string::npos);
  EXPECT_NE(why(import, "refused", "user Zoë Q"), "");
  EXPECT_EQ(policy_of(import, "jobs").roles, (Words{"default-roles-shop", "offline_access", "clerk"})) << "of its service account";
}

TEST(KeycloakImport, WithoutFullScopeAClientPassesOnOnlyWhatIsMappedToIt) {
  Shop shop;
  ASSERT_TRUE(shop.bring());
  const auto realm = *shop.operations.show_realm("shop");
  const auto anna = *shop.operations.show_user("shop", "anna");
  const auto passed = [&](const char* id) {
    const auto client = *shop.operations.show_client("shop", id);
    return policy::roles_of({realm, client, &anna});
  };
  EXPECT_EQ(passed("kiosk"), Words{"web:auditor"});
  EXPECT_EQ(passed("web"), anna.profile.roles);
}

TEST(KeycloakImport, IsCarriedOutAsApplyIsAndRepeatedChangesNothing) {
  Shop shop;
  const auto dry = shop.bring(true);
  ASSERT_TRUE(dry) << dry.error().context;
  EXPECT_FALSE(shop.operations.show_realm("shop")) << "a dry run changes nothing";
  const auto done = shop.bring();
  ASSERT_TRUE(done) << done.error().context;
  EXPECT_EQ(done->plan.lines.size(), dry->plan.lines.size());
  EXPECT_EQ(done->plan.lines.back().text, "password of user bert ($pbkdf2-sha256$i=27500,l=64$)");
  EXPECT_TRUE(sessions::record_matches(shop.operations.show_user("shop", "anna")->password_record, sessions::kForeignPassword));
  EXPECT_TRUE(shop.operations.list_secrets("shop", "web")->size() == 1);
  EXPECT_TRUE(shop.operations.list_secrets("shop", "kiosk")->empty());
  const auto again = shop.bring();
  ASSERT_TRUE(again) << again.error().context;
  EXPECT_TRUE(again->plan.lines.empty()) << again->plan.lines.front().text;
  EXPECT_EQ(again->passwords_kept, 2u);
  EXPECT_EQ(again->secrets_kept, 2u);
}

TEST(KeycloakImport, RepeatedItKeepsNewPasswordsAndTakesWhatBecameDefaultAgain) {
  Shop shop;
  ASSERT_TRUE(shop.bring());
  ASSERT_TRUE(shop.operations.set_password("shop", "anna", Secret("a new one")));
  std::string text = export_text();
  const std::string pkce = "\"pkce.code.challenge.method\": \"S256\"";
  text.replace(text.find(pkce), pkce.size(), "\"pkce.code.challenge.method\": \"\"");
  shop.import = read(text);
  const auto outcome = shop.bring();
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->plan.lines.size(), 1u);
  EXPECT_EQ(outcome->plan.lines[0].text, "client web: pkce_required true -> false");
  EXPECT_TRUE(sessions::record_matches(shop.operations.show_user("shop", "anna")->password_record, "a new one"));
}

TEST(KeycloakImport, NothingSecretIsInReportFileOrPlan) {
  Shop shop;
  const auto outcome = shop.bring();
  ASSERT_TRUE(outcome);
  std::string said = json::serialize(shop.import.report.to_json()) + shop.import.file();
  for (const auto& line : outcome->plan.lines) said += line.text;
  const auto records = *shop.store->config().audit_tail(shop.realm_id("shop"), 1'000);
  for (const auto& record : records) said += record.detail;
  for (const char* secret : {"planted", "uejrs5ajrb", "EBESExQVFhcYGRobHB0eHw"}) EXPECT_EQ(said.find(secret), std::string::npos) << secret;
}

TEST(KeycloakImport, WhatIsNoExportIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("[]"), "realm.json: holds several realms; export one: kc.sh export --realm NAME");
  EXPECT_EQ(refusal("1"), "realm.json: is no realm export");
  EXPECT_EQ(refusal("{\n\"realm\": \"a\",\n\"realm\": \"b\"}"), "realm.json: a JSON member given twice (line 3)");
  EXPECT_TRUE(refusal("{\"realm\": \"My Realm\"}").starts_with("realm.json: the realm's name \"My Realm\" can't be one here"));
  EXPECT_EQ(refusal("{\"realm\": \"My Realm\"}", "mine"), "taken");
  EXPECT_EQ(refusal(R"({"users": []})"), "realm.json: holds users and no realm; export both into one file: kc.sh export --file");
  EXPECT_EQ(refusal(R"({"realm":"a","clients":[{"clientId":"x"},{"clientId":7}]})"), "realm.json: clients[1].clientId must be a string");
  EXPECT_EQ(refusal(R"({"realm":"a","clients":[{"clientId":"x"},{"clientId":"x"}]})"),
            "realm.json: clients[1]: client x stands there twice");
  EXPECT_EQ(refusal(R"({"realm":"a","users":[{"username":"x"},{"username":"x"}]})"), "realm.json: users[1]: user x stands there twice");
  EXPECT_EQ(refusal(R"({"realm":"a","users":[{"serviceAccountClientId":"c"},{"serviceAccountClientId":"c"}]})"),
            "realm.json: users[1]: another user is the service account of that client");
  EXPECT_EQ(refusal(R"({"realm":"a","users":[{"username":"x","id":"i"},{"username":"y","id":"i"}]})"),
            "realm.json: users[1]: user y has the id of another");
  EXPECT_EQ(refusal(R"({"realm":"a","roles":{"realm":[{"name":"r"},{"name":"r"}]}})"),
            "realm.json: roles.realm[1]: role r stands there twice");
  EXPECT_EQ(refusal(R"({"realm":"a","clientScopes":[{"name":"s"},{"name":"s"}]})"),
            "realm.json: clientScopes[1]: client scope s stands there twice");
  EXPECT_EQ(refusal(R"({"realm":"a","accessTokenLifespan":0})"), "realm.json: accessTokenLifespan must be 1 to 3153600000 (seconds)");
  EXPECT_EQ(refusal(R"({"realm":"a","users":[{"username":"x","credentials":[{"type":"password","secretData":7}]}]})"), "taken");
}

TEST(KeycloakImport, DepthAndSizeAreBounded) {
  std::string deep = R"({"realm":"a","groups":)";
  for (int i = 0; i < 100; ++i) deep += R"([{"name":"g","subGroups":)";
  EXPECT_TRUE(refusal(deep).starts_with("realm.json: ")) << refusal(deep);
  EXPECT_TRUE(refusal(std::string(kKeycloakBytesMax + 1, ' ')).starts_with("realm.json: larger than 64 MiB"));
}

TEST(KeycloakImport, CompositesMayFormCirclesButNoFloods) {
  const auto circle =
      read(R"({"realm":"a","roles":{"realm":[{"name":"x","composites":{"realm":["y"]}},{"name":"y","composites":{"realm":["x"]}}]},
    "users":[{"username":"u","realmRoles":["x"]}]})");
  EXPECT_EQ(user_of(circle, "u").profile.roles, (Words{"x", "y"}));
  std::string all;
  for (int i = 0; i < 2'000; ++i) all += (i == 0 ? "\"r" : ",\"r") + std::to_string(i) + "\"";
  std::string flood = R"({"realm":"a","roles":{"realm":[{"name":"top","composites":{"realm":[)" + all + "]}}";
  for (int i = 0; i < 2'000; ++i) flood += ",{\"name\":\"r" + std::to_string(i) + "\"}";
  flood += "]},\"users\":[";
  for (int i = 0; i < 2'500; ++i)
    flood += (i == 0 ? "" : ",") + std::string("{\"username\":\"u") + std::to_string(i) + "\",\"realmRoles\":[\"top\"]}";
  EXPECT_EQ(refusal(flood + "]}"), "realm.json: its composite roles and groups come to more than a realm can have; split them");
}

}  // namespace
}  // namespace tessera::admin
