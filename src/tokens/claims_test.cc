#include "tokens/claims.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "jose/json.h"
#include "tokens/custom_fields.h"

namespace tessera::tokens {
namespace {

struct Fixture {
  std::shared_ptr<model::Realm> realm = std::make_shared<model::Realm>();
  std::shared_ptr<model::Client> client = std::make_shared<model::Client>();
  std::shared_ptr<model::User> user = std::make_shared<model::User>();

  Fixture() {
    realm->name = "bank";
    client->handle = Handle::random();
    client->client_id = "app";
    user->handle = Handle::random();
    user->username = "ada";
  }

  boost::json::object claims(std::string_view profile, bool with_user, std::string scope = "read") const {
    model::Authorization authorization;
    authorization.realm = realm;
    authorization.client = client;
    if (with_user) authorization.user = user;
    authorization.lineage.client = client->handle;
    if (with_user) authorization.lineage.session = Handle::random();
    authorization.scope = std::move(scope);
    authorization.expires_at_s = 2000;
    const auto text =
        access_claims(*find_profile(profile), {authorization, "https://as/realms/bank", "the subject", Handle::random(), 1000, 77});
    const auto parsed = jose::parse_json(text);
    EXPECT_TRUE(parsed) << text;
    return parsed->get_object();
  }
};

TEST(Claims, NoProfileDropsWhatRevocationNeeds) {
  const Fixture fixture;
  for (const char* profile : {"rfc9068", "keycloak", "flinks"}) {
    const auto claims = fixture.claims(profile, true);
    for (const char* name : {"iss", "exp", "iat", "jti", "client_id", "lineage", "rev"})
      EXPECT_TRUE(claims.contains(name)) << profile << ' ' << name;
    EXPECT_EQ(claims.at("rev").as_int64(), 77) << profile;
    EXPECT_EQ(claims.at("lineage").as_object().at("client").as_string(), fixture.client->handle.str()) << profile;
    EXPECT_FALSE(claims.at("lineage").as_object().contains("secret")) << "absent handles are left out";
  }
}

TEST(Claims, UnknownProfileIsNull) { EXPECT_EQ(find_profile("saml"), nullptr); }

TEST(Claims, EachProfileSaysTheSubjectThatItIsGiven) {
  const Fixture fixture;
  for (const char* profile : {"rfc9068", "keycloak", "flinks"})
    for (const bool with_user : {false, true})
      EXPECT_EQ(fixture.claims(profile, with_user).at("sub").as_string(), "the subject") << profile;
}

TEST(Claims, AClientThatSpeaksForItselfIsTheSubject) {
  const Fixture fixture;
  EXPECT_EQ(find_profile("rfc9068")->client_subject(*fixture.client), "app");
  EXPECT_EQ(find_profile("flinks")->client_subject(*fixture.client), "app");
  EXPECT_EQ(find_profile("keycloak")->client_subject(*fixture.client), fixture.client->handle.uuid());
}

TEST(Claims, SingleAudienceIsABareString) {
  Fixture fixture;
  EXPECT_EQ(fixture.claims("rfc9068", false).at("aud").as_string(), "https://as/realms/bank");
  fixture.client->policy.edit().audience = {"payments"};
  EXPECT_EQ(fixture.claims("rfc9068", false).at("aud").as_string(), "payments");
  fixture.client->policy.edit().audience = {"payments", "accounts"};
  EXPECT_EQ(fixture.claims("keycloak", false).at("aud").as_array().size(), 2U);
}

TEST(Claims, KeycloakProfileShowsAPersonOnlyByScope) {
  Fixture fixture;
  fixture.user->profile.given_name = "Ada";
  fixture.user->profile.family_name = "Lovelace";
  fixture.user->profile.email = "ada@example.org";
  const auto plain = fixture.claims("keycloak", true, "xs2a_mock:user");
  EXPECT_FALSE(plain.contains("name"));
  EXPECT_FALSE(plain.contains("email"));
  const auto full = fixture.claims("keycloak", true, "profile email");
  EXPECT_EQ(full.at("name").as_string(), "Ada Lovelace");
  EXPECT_EQ(full.at("preferred_username").as_string(), "ada");
  EXPECT_EQ(full.at("email").as_string(), "ada@example.org");
  EXPECT_EQ(full.at("typ").as_string(), "Bearer");
}

TEST(Claims, KeycloakProfilePartsRolesByWhoseTheyAre) {
  Fixture fixture;
  fixture.realm->policy.roles = {{"clerk", {}},     {"api:read", {}, "api"}, {"app:own", {}, "app"}, {"api:write", {}, "api"},
                                 {"xs2a:user", {}}, {"api:other", {}, "api"}};
  fixture.user->profile.roles = {"clerk", "xs2a:user", "api:read", "api:write", "app:own"};
  const auto text = [](const boost::json::value& value) { return boost::json::serialize(value); };
  auto claims = fixture.claims("keycloak", true);
  EXPECT_EQ(text(claims.at("realm_access")), R"({"roles":["clerk","xs2a:user"]})");
  EXPECT_EQ(text(claims.at("resource_access")), R"({"api":{"roles":["read","write"]},"app":{"roles":["own"]}})");
  EXPECT_FALSE(claims.contains("aud"));
  fixture.client->policy.edit().audience_by_roles = true;
  EXPECT_EQ(text(fixture.claims("keycloak", true).at("aud")), R"("api")") << "not the client itself";
  fixture.client->policy.edit().audience = {"ledger", "api"};
  EXPECT_EQ(text(fixture.claims("keycloak", true).at("aud")), R"(["ledger","api"])");
  claims = fixture.claims("keycloak", false);
  EXPECT_FALSE(claims.contains("realm_access") || claims.contains("resource_access"));
}

TEST(Claims, CustomClaimsNeverShadowTheCore) {
  Fixture fixture;
  fixture.realm->policy.claims = {{.name = "rev", .value = "0"}, {.name = "tenant", .value = "blue"}};
  fixture.client->policy.edit().claims = {{.name = "lineage", .value = "x"}, {.name = "tenant", .value = "green"}};
  const auto claims = fixture.claims("rfc9068", false);
  EXPECT_EQ(claims.at("rev").as_int64(), 77);
  EXPECT_TRUE(claims.at("lineage").is_object());
  EXPECT_EQ(claims.at("tenant").as_string(), "green") << "the client's replaces the realm's";
}

TEST(CustomFields, AttributesOfTheUserAsStringOrBoolean) {
  Fixture fixture;
  fixture.user->profile.attributes["technical"] = {"true", true};
  fixture.realm->policy.response_fields = {
      {.name = "is_technical_user", .source = model::CustomField::Source::user_attribute, .value = "technical"},
      {.name = "technical", .source = model::CustomField::Source::user_attribute, .value = "technical", .is_boolean = true},
      {.name = "branch", .source = model::CustomField::Source::user_attribute, .value = "branch"}};
  model::Authorization authorization;
  authorization.realm = fixture.realm;
  authorization.client = fixture.client;
  EXPECT_TRUE(custom_response_fields(authorization).empty()) << "no user, no attributes";
  authorization.user = fixture.user;
  const auto values = custom_response_fields(authorization);
  ASSERT_EQ(values.size(), 2U) << "an attribute that the user lacks is left out";
  jose::JsonWriter json;
  for (const auto& [name, value] : values) write_custom(json, name, value);
  EXPECT_EQ(std::move(json).finish(), R"({"is_technical_user":"true","technical":true})");
}

}  // namespace
}  // namespace tessera::tokens
