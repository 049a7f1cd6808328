#include "tokens/id_claims.h"

#include <gtest/gtest.h>

namespace tessera::tokens {
namespace {

struct UserinfoClaims : testing::Test {
  UserinfoClaims() {
    user.handle = Handle::random();
    user.username = "anna";
    user.profile.email = "anna@example.org";
    user.profile.given_name = "Anna";
    user.profile.attributes = {{"locality", {"Bern", false}}, {"phone_number", {"+41", false}}, {"secret", {"x", false}}};
  }
  std::string tell(std::string_view scope, std::string_view profile = {}) const {
    return userinfo_claims({.user = user, .subject = "s-1", .scope = scope, .profile = profile});
  }
  model::User user;
};

TEST_F(UserinfoClaims, TellWhatTheScopeAllows) {
  EXPECT_EQ(tell("openid"), R"({"sub":"s-1"})");
  EXPECT_EQ(tell("openid email"), R"({"sub":"s-1","email":"anna@example.org","email_verified":false})");
  EXPECT_EQ(tell("openid profile address phone emailx"), R"({"sub":"s-1","name":"Anna","preferred_username":"anna","given_name":"Anna",)"
                                                         R"("address":{"locality":"Bern"},"phone_number":"+41"})");
  EXPECT_EQ(tell("openid email", "keycloak"), R"({"sub":"s-1","email_verified":false,"email":"anna@example.org"})") << "Keycloak's order";
  EXPECT_EQ(tell("openid", "keycloak"), R"({"sub":"s-1"})");
}

TEST_F(UserinfoClaims, SayFromWhomToWhomWhereTheyAreSigned) {
  EXPECT_EQ(userinfo_claims({.user = user, .subject = "s-1", .scope = "openid", .issuer = "https://as", .audience = "web"}),
            R"({"sub":"s-1","iss":"https://as","aud":"web"})");
}

TEST_F(UserinfoClaims, TellWhatWasAskedForOneByOne) {
  const auto told = [&](std::string_view claims) {
    return userinfo_claims({.user = user, .subject = "s-1", .scope = "openid", .claims = claims});
  };
  EXPECT_EQ(told("email phone_number"), R"({"sub":"s-1","email":"anna@example.org","phone_number":"+41"})");
  EXPECT_EQ(told("given_name"), R"({"sub":"s-1","given_name":"Anna"})");
  EXPECT_EQ(told("secret username sub"), R"({"sub":"s-1"})") << "an attribute of no standard name";
}

TEST_F(UserinfoClaims, EveryClaimThatThereIsCanBeTold) {
  user.profile.family_name = "Muster";
  std::string asked;
  for (const auto& claim : policy::person_claims()) {
    if (!user.profile.attributes.contains(std::string(claim.name))) user.profile.attributes[std::string(claim.name)] = {"x", false};
    asked += std::string(claim.name) + ' ';
  }
  const auto told = jose::parse_json(userinfo_claims({.user = user, .subject = "s-1", .scope = "", .claims = asked}))->as_object();
  for (const auto& claim : policy::person_claims()) EXPECT_TRUE(told.contains(claim.name)) << claim.name;
  EXPECT_EQ(told.at("email_verified"), false) << "its own field, not an attribute of that name";
}

struct IdClaims : testing::Test {
  IdClaims() {
    model::User user;
    user.handle = Handle::random();
    user.username = "anna";
    authorization.realm = std::make_shared<model::Realm>();
    authorization.client = std::make_shared<model::Client>();
    authorization.user = std::make_shared<model::User>(user);
    authorization.scope = "openid";
  }
  boost::json::object claims(jose::Alg alg = jose::Alg::rs256) const {
    return jose::parse_json(id_claims({authorization, "https://as", "s-1", kAccessToken, 1'800'000'000, alg}))->as_object();
  }
  // Of OpenID Connect Core, A.3 and A.4.
  static constexpr std::string_view kAccessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
  static constexpr std::string_view kCode = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
  model::Authorization authorization;
};

TEST_F(IdClaims, HashesGoWithTheAlgorithmOfTheIdToken) {
  authorization.code = kCode;
  for (const auto alg : {jose::Alg::rs256, jose::Alg::ps256, jose::Alg::es256}) {
    EXPECT_EQ(claims(alg).at("at_hash").as_string(), "77QmUPtjPfzWtF2AnpK9RQ");
    EXPECT_EQ(claims(alg).at("c_hash").as_string(), "LDktKdoQak3Pk0cnXxCltA");
  }
  EXPECT_EQ(claims(jose::Alg::eddsa).at("at_hash").as_string(), "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM");
  EXPECT_EQ(claims(jose::Alg::eddsa).at("c_hash").as_string(), "E9z1C-c0Az4eTEzE0Nm3OQ3BS2BhMgxuP7x5JAQj1_4");
  authorization.code.clear();
  EXPECT_FALSE(claims().contains("c_hash")) << "no code, no hash of one";
}

TEST_F(IdClaims, SayWhatWasAskedForBesideTheScopeOnce) {
  authorization.claims = "id_token:preferred_username userinfo:email";
  EXPECT_EQ(claims().at("preferred_username").as_string(), "anna");
  EXPECT_FALSE(claims().contains("name"));
  EXPECT_FALSE(claims().contains("email")) << "for userinfo";
  auto client = *authorization.client;
  client.policy.edit().claims_profile = "keycloak";
  authorization.client = std::make_shared<model::Client>(client);
  EXPECT_EQ(claims().at("preferred_username").as_string(), "anna") << "a claim that stands twice would not parse";
  EXPECT_EQ(claims().at("email_verified"), false);
}

}  // namespace
}  // namespace tessera::tokens
