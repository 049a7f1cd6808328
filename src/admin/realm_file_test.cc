#include "admin/realm_file.h"

#include <gtest/gtest.h>

namespace tessera::admin {
namespace {

std::string refusal_of(const std::string& toml) {
  const auto realms = read_realm_files({{"r.toml", toml}});
  return realms ? "accepted" : realms.error().context;
}

model::ClientPolicy policy_of(const std::string& client) {
  const auto realms = read_realm_files({{"r.toml", "[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\n" + client}});
  EXPECT_TRUE(realms) << realms.error().context;
  model::ClientPolicy policy;
  if (realms) realms->at(0).clients.at(0).policy.apply_to(policy);
  return policy;
}

TEST(RealmFile, UnknownKeysNameFileLineAndTheNearest) {
  EXPECT_EQ(refusal_of("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\nacess_ttl = \"1h\""),
            "r.toml:5: unknown key `acess_ttl` in [[client]]; did you mean `access_ttl`?");
  EXPECT_EQ(refusal_of("[realm]\nname = \"r\"\n[[clients]]\nid = \"c\""), "r.toml:3: unknown key `clients`; did you mean `client`?");
  EXPECT_EQ(refusal_of("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\nreuse_leeway_s = 5"),
            "r.toml:5: unknown key `reuse_leeway_s` in [[client]]; did you mean `reuse_leeway`?");
}

TEST(RealmFile, SecretsAndPasswordsHaveNoPlaceInIt) {
  EXPECT_NE(refusal_of("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\nsecret = \"x\"").find("unknown key `secret`"), std::string::npos);
  EXPECT_NE(refusal_of("[realm]\nname = \"r\"\n[[user]]\nusername = \"c\"\npassword = \"x\"").find("unknown key `password`"),
            std::string::npos);
}

TEST(RealmFile, DurationsHaveOneSpelling) {
  EXPECT_EQ(policy_of("access_ttl = \"299s\"").access_ttl_s, 299);
  EXPECT_NE(
      refusal_of("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\naccess_ttl = 299").find("r.toml:5: `access_ttl` must be a length of time"),
      std::string::npos);
}

TEST(RealmFile, ADurationBeyondItsBoundsIsToldThem) {
  for (const char* ttl : {"0s", "101y", "99999d", "soon"})
    EXPECT_EQ(refusal_of(std::string("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\naccess_ttl = \"") + ttl + "\""),
              "r.toml:5: `access_ttl` must be a length of time from \"1s\" to \"100y\", written as \"299s\", \"60m\", \"12h\", \"30d\" or "
              "\"10y\"");
}

TEST(RealmFile, ARoleOfAClientIsNamedAfterIt) {
  const auto role = [](const std::string& text) { return refusal_of("[realm]\nname = \"r\"\n[[role]]\n" + text); };
  EXPECT_EQ(role("name = \"web:auditor\"\nclient = \"web\""), "accepted");
  for (const char* bad :
       {"name = \"auditor\"\nclient = \"web\"", "name = \"web:\"\nclient = \"web\"", "name = \"webb:a\"\nclient = \"web\""})
    EXPECT_EQ(role(bad), "r.toml:5: `client` is \"web\", but its roles are named \"web:ROLE\"") << bad;
}

TEST(RealmFile, WrongValuesAreRefused) {
  for (const char* client :
       {"grants = [\"implicit\"]", "refresh_mode = \"rotating\"", "scopes = [\"a b\"]", "scopes = [\"a\\\"b\"]", "claims_profile = \"x\"",
        "preset = \"finex\"", "reuse_leeway = \"61s\"", "access_ttl = \"0s\"", "[[client.claim]]\nname = \"iss\"\nvalue = \"x\"",
        "[[client.claim]]\nname = \"a\"", "[[client.claim]]\nname = \"a\"\nvalue = \"b\"\nattribute = \"c\"",
        "[[client.claim]]\nname = \"a\"\nvalue = \"maybe\"\ntype = \"boolean\"",
        "[[client.response_field]]\nname = \"access_token\"\nvalue = \"x\"",
        "[[client.response_field]]\nname = \"expires_at\"\nvalue = \"x\""})
    EXPECT_TRUE(refusal_of(std::string("[realm]\nname = \"r\"\n[[client]]\nid = \"c\"\n") + client).starts_with("r.toml:")) << client;
  for (const char* name : {"", "A", "a/b", "a b", ".."})
    EXPECT_TRUE(refusal_of(std::string("[realm]\nname = \"") + name + "\"").starts_with("r.toml:2: `name`")) << name;
}

TEST(RealmFile, CustomFieldsAreConstantsOrAttributes) {
  const auto policy = policy_of(
      "[[client.claim]]\nname = \"a\"\nvalue = \"false\"\n[[client.claim]]\nname = \"b\"\nvalue = true\n"
      "[[client.claim]]\nname = \"c\"\nattribute = \"vip\"\ntype = \"boolean\"");
  ASSERT_EQ(policy.claims.size(), 3u);
  EXPECT_EQ(policy.claims[0], (model::CustomField{"a", model::CustomField::Source::constant, "false", false}));
  EXPECT_EQ(policy.claims[1], (model::CustomField{"b", model::CustomField::Source::constant, "true", true}));
  EXPECT_EQ(policy.claims[2], (model::CustomField{"c", model::CustomField::Source::user_attribute, "vip", true}));
}

TEST(RealmFile, PresetsAreTheDefaultsOfTheirSystems) {
  for (const auto name : preset_names()) EXPECT_FALSE(policy_of("preset = \"" + std::string(name) + "\"").grants.empty()) << name;
  EXPECT_EQ(policy_of("preset = \"finlex\"").access_ttl_s, 3'600);
  const auto finapi = policy_of("preset = \"finapi\"");
  EXPECT_EQ(finapi.access_ttl_s, 900);
  EXPECT_EQ(finapi.refresh_idle_s, 1'800);
  EXPECT_EQ(finapi.refresh_mode, model::RefreshMode::reissue);
  EXPECT_EQ(finapi.refresh_format, model::RefreshFormat::jwt);
  EXPECT_TRUE(finapi.public_refresh_without_rotation);
  const auto flinks = policy_of("preset = \"flinks\"");
  EXPECT_EQ(flinks.access_ttl_s, 299);
  EXPECT_EQ(flinks.refresh_mode, model::RefreshMode::fixed);
  EXPECT_EQ(flinks.refresh_idle_s, 30 * 86'400);
  EXPECT_EQ(flinks.refresh_ttl_s, 0);
}

TEST(RealmFile, TheFileStandsAboveThePreset) {
  const auto policy = policy_of("preset = \"finapi\"\naccess_ttl = \"60s\"");
  EXPECT_EQ(policy.access_ttl_s, 60);
  EXPECT_EQ(policy.claims_profile, "keycloak");
}

TEST(RealmFile, SeveralFilesOfOneRealmAreGathered) {
  const auto realms = read_realm_files({{"a.toml", "[realm]\nname = \"r\"\nscopes = [\"s\"]\n[[client]]\nid = \"a\""},
                                        {"b.toml", "[realm]\nname = \"r\"\n[[client]]\nid = \"b\""}});
  ASSERT_TRUE(realms) << realms.error().context;
  ASSERT_EQ(realms->size(), 1u);
  EXPECT_EQ(realms->at(0).clients.size(), 2u);
}

TEST(RealmFile, SayingOneThingTwiceIsRefused) {
  const auto twice = read_realm_files(
      {{"a.toml", "[realm]\nname = \"r\"\n[[client]]\nid = \"a\""}, {"b.toml", "[realm]\nname = \"r\"\n[[client]]\nid = \"a\""}});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().context, "b.toml:3: client a is declared at a.toml:3 already; keep one");
  EXPECT_FALSE(read_realm_files({{"a.toml", "[realm]\nname = \"r\"\nscopes = []"}, {"b.toml", "[realm]\nname = \"r\"\nscopes = [\"x\"]"}}));
}

}  // namespace
}  // namespace tessera::admin
