#include <algorithm>
#include <set>

#include "admin/policy_fields.h"
#include "admin/realm_text.h"
#include "admin/test_world.h"
#include "model/policy_json.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

/// Every field of every policy, at another value than its default. The tests below fail by the name of a field that is missing here.
constexpr const char* kEverything = R"(
[realm]
name = "bank"
enabled = false
signing_alg = "RS256"
key_rotation_every = "90d"
key_published_ahead = "2d"
https_required = true
scopes = ["read", "write", "pay:\u0041"]
max_ttl = "90d"
display_name = "The \"Bank\" of Zürich \\ Genève"
logo_uri = "https://bank.example/logo.svg"
accent_color = "#0b6e4f"
registration_template = "zero"
registration_auth_methods = ["none"]
registration_scope = "write"
session_idle = "20m"
session_max = "299s"
[[realm.claim]]
name = "tenant"
value = "bank"
[[realm.claim]]
name = "tenant_is_test"
value = true
[[realm.response_field]]
name = "mandator"
value = "true"
[[realm.scope_text]]
name = "read"
en = "See your accounts"
de = "Ihre Konten sehen"
[[realm.scope_text]]
name = "write"
en = "Change them"

[[role]]
name = "clerk"
permissions = ["read"]
[[role]]
name = "idle"
[[role]]
name = "app:own"
client = "app"

[[client]]
id = "app"
enabled = false
name = "The App"
grants = ["authorization_code", "refresh_token"]
dialects = ["keycloak"]
scopes = ["read", "write"]
default_scopes = ["read"]
default_scopes_always = true
roles = ["clerk"]
audience = ["https://api.example"]
audience_by_roles = true
access_ttl = "7m"
refresh_ttl = "30d"
refresh_idle = "2h"
allow_token_lifetime_extension = true
max_ttl = "2d"
refresh_mode = "reissue"
refresh_format = "jwt"
reuse_leeway = "3s"
claims_profile = "keycloak"
token_in_query = true
consent_required = true
public_refresh_without_rotation = true
redirect_uris = ["https://app.example/*", "https://app.example/cb"]
redirect_trailing_star = true
post_logout_redirect_uris = ["https://app.example/bye", "+"]
backchannel_logout_uri = "https://app.example/logout"
backchannel_logout_session_required = true
subject_type = "pairwise"
id_token_signed_response_alg = "EdDSA"
userinfo_signed_response_alg = "RS256"
token_endpoint_auth_method = "private_key_jwt"
jwks = '''{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'''
token_endpoint_audience = true
pkce_required = true
pkce_plain = true
web_origins = ["https://app.example"]
requests_per_minute = 77
[[client.claim]]
name = "vip"
attribute = "vip flag"
type = "boolean"
[[client.response_field]]
name = "note"
value = ""
[[client]]
id = "zero"
jwks_uri = "https://zero.example/jwks.json"
[[client]]
id = "open"
public = true

[[user]]
username = "anna"
sub = "4a273b32-cc81-4bb3-bbc3-636d2c0d759d"
enabled = false
email = "anna@example.org"
email_verified = true
given_name = "Anna"
family_name = "O'Neill"
roles = ["clerk", "idle"]
attributes = { "vip flag" = true, plain = "x = \"y\" # z" }
must_act = true
second_factor = true
[[user]]
username = "bert"
)";

struct Exported : World {
  Exported() { EXPECT_EQ(apply(kEverything, {}).front(), "+ realm bank (RS256)"); }
  std::string text(bool with_users = true) {
    const auto exported = operations.export_realm("bank", with_users);
    return exported ? *exported : exported.error().context;
  }
};

/// `elsewhere`: the field that can't stand beside the others.
template <class Policy>
void expect_no_field_at_its_default(const Policy& policy, std::string_view elsewhere = {}) {
  for (const auto& field : fields_of<Policy>())
    EXPECT_TRUE(field.name == elsewhere || field.differs(policy, {}))
        << "the test's file has to set " << field.name << " to something else than its default";
  const auto defaults = model::to_json(Policy{});
  for (const auto& [name, value] : model::to_json(policy))
    if (std::string_view(name) != elsewhere)
      EXPECT_NE(value, defaults.at(name)) << name << " of the model can't be set by any file: is it missing from policy_fields.cc?";
}

TEST(Export, ItsTestKnowsEveryFieldThereIs) {
  Exported world;
  expect_no_field_at_its_default(world.operations.show_realm("bank")->policy);
  expect_no_field_at_its_default(*world.operations.show_client("bank", "app")->policy, "jwks_uri");
  EXPECT_EQ(world.operations.show_client("bank", "zero")->policy->jwks_uri, "https://zero.example/jwks.json");
  expect_no_field_at_its_default(world.operations.show_user("bank", "anna")->profile);
}

TEST(Export, AppliedToTheSameDatabaseItChangesNothing) {
  Exported world;
  EXPECT_EQ(world.apply(world.text()), std::vector<std::string>{});
  EXPECT_EQ(world.apply(world.text(), {.prune = true}), std::vector<std::string>{}) << "it is the whole truth";
  EXPECT_EQ(world.apply(world.text(false)), std::vector<std::string>{});
}

TEST(Export, AppliedToAnEmptyOneItMakesTheSameRealm) {
  Exported from;
  World to;
  const std::string text = from.text();
  to.apply(text);
  ASSERT_TRUE(to.operations.show_realm("bank")) << to.apply(text).front();
  const auto realms = std::pair(*from.operations.show_realm("bank"), *to.operations.show_realm("bank"));
  EXPECT_EQ(model::to_json(realms.first.policy), model::to_json(realms.second.policy));
  EXPECT_FALSE(realms.second.enabled);
  for (const char* id : {"app", "zero", "open"}) {
    const auto clients = std::pair(*from.operations.show_client("bank", id), *to.operations.show_client("bank", id));
    EXPECT_EQ(model::to_json(*clients.first.policy), model::to_json(*clients.second.policy)) << id;
    EXPECT_EQ(clients.first.enabled, clients.second.enabled);
    EXPECT_EQ(clients.first.is_public, clients.second.is_public);
  }
  for (const char* name : {"anna", "bert"}) {
    const auto users = std::pair(*from.operations.show_user("bank", name), *to.operations.show_user("bank", name));
    EXPECT_EQ(model::to_json(users.first.profile), model::to_json(users.second.profile)) << name;
    EXPECT_EQ(users.first.handle, users.second.handle) << name << ": clients know the user by it";
    EXPECT_EQ(users.first.enabled, users.second.enabled);
  }
  EXPECT_EQ(*to.operations.export_realm("bank", true), text) << "one spelling of one realm";
}

TEST(Export, LeavesDefaultsOut) {
  World world;
  world.apply("[realm]\nname = \"bank\"\n[[client]]\nid = \"app\"\n[[user]]\nusername = \"anna\"\n");
  const auto text = *world.operations.export_realm("bank", false);
  EXPECT_NE(text.find("\n[realm]\nname = \"bank\"\n\n[[client]]\nid = \"app\"\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("anna"), std::string::npos);
  EXPECT_NE(text.find("never apply it with --prune"), std::string::npos);
}

TEST(Export, HoldsNoSecretAndNoPassword) {
  Exported world;
  ASSERT_TRUE(world.operations.set_password("bank", "bert", Secret("correct horse")));
  const auto secret = world.operations.add_secret("bank", "zero", 0);
  ASSERT_TRUE(secret);
  const std::string text = world.text();
  for (const std::string_view part : {std::string_view("correct horse"), std::string_view("argon2id"), secret->text.reveal()})
    EXPECT_EQ(text.find(part), std::string::npos);
}

TEST(Export, AllPagesAreInIt) {
  World world;
  std::string toml = "[realm]\nname = \"bank\"\n";
  for (int i = 0; i < 1'001; ++i)
    toml += "[[client]]\nid = \"c" + std::to_string(i) + "\"\n[[user]]\nusername = \"u" + std::to_string(i) + "\"\n";
  world.apply(toml);
  const auto text = *world.operations.export_realm("bank", true);
  std::size_t count = 0;
  for (auto at = text.find("[[user]]"); at != std::string::npos; at = text.find("[[user]]", at + 1)) ++count;
  EXPECT_EQ(count, 1'001u);
  EXPECT_EQ(world.apply(text, {.prune = true}), std::vector<std::string>{});
}

TEST(RealmText, AnyTextComesBack) {
  for (const std::string text : {"", "a\"b\\c", "tab\there", "Grüße \xF0\x9F\x98\x80", "\x7F\x01", "'''\"\"\""}) {
    const auto parsed = toml::parse("x = " + toml_string(text));
    EXPECT_EQ(parsed["x"].value<std::string>(), text);
  }
}

}  // namespace
}  // namespace tessera::admin
