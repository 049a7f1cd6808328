#include "model/policy_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tessera::model {
namespace {

namespace json = boost::json;

/// Through text and back, as the store does it.
json::value through_text(const json::object& object) { return json::parse(json::serialize(object)); }

const CustomField kField{.name = "tier", .source = CustomField::Source::user_attribute, .value = "plan", .is_boolean = true};

TEST(PolicyJson, RealmPolicyComesBackWhole) {
  const RealmPolicy policy{.signing_alg = "RS256",
                           .https_required = true,
                           .scopes = {"a", "b"},
                           .roles = {{"teller", {"a", "b"}}, {"none", {}}},
                           .response_fields = {kField},
                           .claims = {kField, {}},
                           .max_ttl_s = 77,
                           .key_rotation_every_s = 78,
                           .key_published_ahead_s = 79};
  EXPECT_EQ(realm_policy_from_json(through_text(to_json(policy))), policy);
}

TEST(PolicyJson, ClientPolicyComesBackWhole) {
  const ClientPolicy policy{.name = "An app",
                            .grants = {"password"},
                            .mounts = {"flinks"},
                            .scopes = {"s"},
                            .default_scopes = {"d"},
                            .roles = {"r"},
                            .audience = {"x", "y"},
                            .claims_profile = "keycloak",
                            .claims = {kField},
                            .response_fields = {{}, kField},
                            .redirect_uris = {"https://a"},
                            .post_logout_redirect_uris = {"https://c", "+"},
                            .web_origins = {"https://b"},
                            .backchannel_logout_uri = "https://d",
                            .id_token_signed_response_alg = "EdDSA",
                            .userinfo_signed_response_alg = "RS256",
                            .access_ttl_s = 1,
                            .refresh_ttl_s = 2,
                            .refresh_idle_s = 3,
                            .max_ttl_s = 4,
                            .reuse_leeway_s = 5,
                            .requests_per_minute = 6,
                            .refresh_mode = RefreshMode::fixed,
                            .refresh_format = RefreshFormat::jwt,
                            .subject_type = SubjectType::pairwise,
                            .allow_token_lifetime_extension = true,
                            .token_in_query = true,
                            .consent_required = true,
                            .public_refresh_without_rotation = true,
                            .redirect_trailing_star = true,
                            .pkce_required = true,
                            .pkce_plain = true,
                            .backchannel_logout_session_required = true};
  EXPECT_EQ(client_policy_from_json(through_text(to_json(policy))), policy);
}

TEST(PolicyJson, UserProfileComesBackWhole) {
  const UserProfile profile{.email = "a@b",
                            .email_verified = true,
                            .given_name = "\xC3\x89va",
                            .family_name = "\"",
                            .roles = {"r"},
                            .attributes = {{"plan", {"gold", false}}, {"vip", {"true", true}}},
                            .must_act = true,
                            .second_factor = true};
  EXPECT_EQ(user_profile_from_json(through_text(to_json(profile))), profile);
}

TEST(PolicyJson, AbsentMembersHaveTheirDefaults) {
  EXPECT_EQ(realm_policy_from_json(json::object{}), RealmPolicy{});
  EXPECT_EQ(client_policy_from_json(json::object{}), ClientPolicy{});
  EXPECT_EQ(user_profile_from_json(json::object{}), UserProfile{});
}

TEST(PolicyJson, AListReplacesTheDefaultRatherThanGrowingIt) {
  EXPECT_TRUE(client_policy_from_json(json::parse(R"({"grants":[]})"))->grants.empty());
}

struct Wrong {
  const char* text;
  const char* context;
};

TEST(PolicyJson, WrongTypesAreNamed) {
  const Wrong cases[] = {
      {R"([])", "must be an object"},
      {R"({"grants":"password"})", "grants: must be a list"},
      {R"({"grants":["password",1]})", "grants[1]: must be a string"},
      {R"({"access_ttl_s":"60"})", "access_ttl_s: must be a whole number"},
      {R"({"access_ttl_s":60.5})", "access_ttl_s: must be a whole number"},
      {R"({"access_ttl_s":18446744073709551615})", "access_ttl_s: must be a whole number"},
      {R"({"reuse_leeway_s":4294967296})", "reuse_leeway_s: is out of range"},
      {R"({"token_in_query":1})", "token_in_query: must be true or false"},
      {R"({"refresh_mode":"fixed"})", "refresh_mode: must be one of rotate reissue static"},
      {R"({"refresh_mode":null})", "refresh_mode: must be one of rotate reissue static"},
      {R"({"claims":[{"name":"a"},{"name":true}]})", "claims[1].name: must be a string"},
  };
  for (const auto& wrong : cases) {
    const auto read = client_policy_from_json(json::parse(wrong.text));
    ASSERT_FALSE(read) << wrong.text;
    EXPECT_EQ(read.error().reason, base::Reason::config_invalid);
    EXPECT_EQ(read.error().context, wrong.context);
  }
  const auto profile = user_profile_from_json(json::parse(R"({"attributes":{"plan":{"text":1}}})"));
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().context, "attributes.plan.text: must be a string");
}

TEST(PolicyJson, MembersAreThoseWritten) {
  std::vector<std::string_view> written;
  const auto object = to_json(ClientPolicy{});
  for (const auto& member : object) written.emplace_back(member.key());
  EXPECT_EQ(client_policy_members(), written);
  EXPECT_EQ(written.front(), "name");
}

}  // namespace
}  // namespace tessera::model
