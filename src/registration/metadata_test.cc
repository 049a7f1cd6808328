#include "registration/metadata.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tessera::registration {
namespace {

namespace json = boost::json;

constexpr std::string_view kJwks =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

/// A web client's, with one member more or another.
json::object metadata(std::string_view more = "{}") {
  auto said = json::parse(R"({"client_name":"Planner","redirect_uris":["https://p.example/cb"]})").as_object();
  const auto others = json::parse(json::string_view(more.data(), more.size()));
  for (const auto& [name, value] : others.as_object()) said[name] = value;
  return said;
}

model::Client likeness() {
  model::Client client;
  client.enabled = false;
  auto& policy = client.policy.edit();
  policy.grants = {"authorization_code", "refresh_token", "client_credentials"};
  policy.scopes = {"openid", "accounts"};
  policy.default_scopes = {"openid"};
  policy.mounts = {"keycloak"};
  policy.redirect_uris = {"https://template.example/cb"};
  policy.redirect_trailing_star = true;
  policy.consent_required = true;
  policy.refresh_mode = model::RefreshMode::reissue;
  return client;
}

Result<model::Client> shaped(std::string_view more, model::RealmPolicy realm = {}) {
  auto said = read_metadata(metadata(more));
  if (!said) return std::unexpected(said.error());
  return shape_client(*said, *likeness().policy, *likeness().policy, realm);
}

/// The refusal's words, for a client whose metadata has this.
std::string refusal(std::string_view more, Reason reason = Reason::metadata_invalid, const model::RealmPolicy& realm = {}) {
  const auto client = shaped(more, realm);
  EXPECT_FALSE(client) << more;
  if (client) return {};
  EXPECT_EQ(client.error().reason, reason) << more;
  EXPECT_EQ(client.error().limit.find_first_of("\"\\"), std::string::npos) << "it stands in a JSON text as it is";
  return client.error().limit;
}

TEST(Metadata, MakesAClientAfterTheTemplate) {
  const auto client = shaped(R"({"scope":"accounts","grant_types":["authorization_code","refresh_token"]})");
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->enabled);
  EXPECT_FALSE(client->is_public);
  const auto& policy = *client->policy;
  EXPECT_EQ(policy.name, "Planner");
  EXPECT_EQ(policy.redirect_uris, std::vector<std::string>{"https://p.example/cb"});
  EXPECT_FALSE(policy.redirect_trailing_star);
  EXPECT_EQ(policy.scopes, std::vector<std::string>{"accounts"});
  EXPECT_TRUE(policy.default_scopes.empty()) << "no more than it has";
  EXPECT_EQ(policy.mounts, std::vector<std::string>{"keycloak"});
  EXPECT_TRUE(policy.consent_required);
  EXPECT_EQ(policy.refresh_mode, model::RefreshMode::reissue);
  EXPECT_TRUE(has_secret(*client));
}

TEST(Metadata, WhatIsLeftOutIsAsTheRfcHasIt) {
  const auto client = shaped("{}");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->policy->grants, std::vector<std::string>{"authorization_code"});
  EXPECT_EQ(client->policy->scopes, likeness().policy->scopes);
  EXPECT_EQ(client->policy->token_endpoint_auth_method, "") << "a secret, in the header or the body";
  EXPECT_TRUE(shaped(R"({"scope":null,"unheard_of":{"a":[1]},"client_name#de":"Planer"})"));
}

TEST(Metadata, Case71NothingBeyondTheTemplateCanBeClaimed) {
  EXPECT_EQ(refusal(R"({"scope":"openid payments"})"), "scope holds a word that clients may not register here");
  EXPECT_EQ(refusal(R"({"grant_types":["authorization_code","password"]})"),
            "grant_types holds one that is none of: authorization_code refresh_token client_credentials");
  EXPECT_EQ(refusal(R"({"token_endpoint_auth_method":"tls_client_auth"})"),
            "token_endpoint_auth_method is none of: client_secret_basic client_secret_post private_key_jwt");
  EXPECT_EQ(refusal(R"({"token_endpoint_auth_method":"none"})"),
            "token_endpoint_auth_method is none of: client_secret_basic client_secret_post private_key_jwt");
  EXPECT_EQ(refusal("{}", Reason::metadata_invalid, {.registration_auth_methods = {"private_key_jwt"}}),
            "token_endpoint_auth_method is none of: private_key_jwt");
}

TEST(Metadata, Case7RedirectUrisThatCouldRunOrReachAnywhereAreRefused) {
  for (const std::string_view uri :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "https://*.example/cb", "https://p.example/*",
        "https://p.example/cb#f", "https://u@p.example/cb", "http://p.example/cb", "/cb", "myapp:/cb"})
    EXPECT_TRUE(refusal("{\"redirect_uris\":[\"" + std::string(uri) + "\"]}", Reason::metadata_redirect_uri_invalid)
                    .starts_with("redirect_uris holds one"))
        << uri;
  EXPECT_EQ(refusal(R"({"redirect_uris":[]})", Reason::metadata_redirect_uri_invalid),
            "redirect_uris is missing: authorization_code needs it");
  EXPECT_TRUE(shaped(R"({"redirect_uris":["http://127.0.0.1/cb","com.example.app:/cb"]})"));
  EXPECT_TRUE(shaped(R"({"redirect_uris":[],"grant_types":["client_credentials"],"response_types":[]})"));
}

TEST(Metadata, APublicClientGetsNothingThatNeedsASecret) {
  const model::RealmPolicy realm{.registration_auth_methods = {"none"}};
  const auto client = shaped(R"({"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]})", realm);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->is_public);
  EXPECT_EQ(client->policy->refresh_mode, model::RefreshMode::rotate) << "whatever the template's";
  EXPECT_FALSE(has_secret(*client));
  EXPECT_TRUE(refusal(R"({"token_endpoint_auth_method":"none","grant_types":["client_credentials"]})", Reason::metadata_invalid, realm)
                  .starts_with("grant_types holds client_credentials"));
}

TEST(Metadata, AClientThatSignsNeedsItsKeys) {
  const std::string keys = std::string(R"({"token_endpoint_auth_method":"private_key_jwt","jwks":)") + std::string(kJwks) + "}";
  const auto client = shaped(keys);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->policy->jwks, kJwks);
  EXPECT_FALSE(has_secret(*client));
  EXPECT_EQ(refusal(R"({"token_endpoint_auth_method":"private_key_jwt"})"),
            "jwks is missing, and jwks_uri too: private_key_jwt needs one of them");
  EXPECT_EQ(refusal(R"({"jwks":{"keys":[]}})"), "jwks has no keys");
  EXPECT_EQ(shaped(R"({"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://p.example/jwks"})")->policy->jwks_uri,
            "https://p.example/jwks");
  EXPECT_EQ(refusal(R"({"jwks_uri":"http://p.example/jwks"})"), "jwks_uri is plain http beyond a loopback address; write https");
  EXPECT_EQ(refusal(R"({"jwks_uri":"http://127.0.0.1/jwks"})"), "jwks_uri is not https");
  EXPECT_EQ(refusal(R"({"jwks_uri":"com.example.p:/jwks"})"), "jwks_uri is neither http nor https");
  EXPECT_EQ(refusal(std::string(R"({"jwks_uri":"https://p.example/jwks","jwks":)") + std::string(kJwks) + "}"),
            "jwks_uri stands beside jwks: one of the two says what the keys are");
  EXPECT_TRUE(refusal(R"({"token_endpoint_auth_method":"client_secret_jwt"})").find("secrets are kept as hashes") != std::string::npos);
}

TEST(Metadata, TokensAreAsTheTemplatesUnlessTheClientAsksForTheRealmsAlgorithm) {
  EXPECT_EQ(shaped("{}")->policy->id_token_signed_response_alg, "RS256");
  EXPECT_EQ(shaped(R"({"id_token_signed_response_alg":"ES256"})")->policy->id_token_signed_response_alg, "ES256");
}

TEST(Metadata, PairwiseClientsNeedASector) {
  model::Client pairwise = likeness();
  pairwise.policy.edit().subject_type = model::SubjectType::pairwise;
  const auto shape = [&](std::string_view more) {
    return shape_client(*read_metadata(metadata(more)), *pairwise.policy, *pairwise.policy, {});
  };
  const auto client = shape(R"({"subject_type":"pairwise"})");
  ASSERT_TRUE(client);
  EXPECT_EQ(describe(*client, "{}").at("subject_type"), "pairwise");
  EXPECT_FALSE(shape(R"({"subject_type":"public"})"));
  EXPECT_FALSE(shape(R"({"redirect_uris":["https://a.example/cb","https://b.example/cb"]})"));
}

TEST(Metadata, WhatCantBeIsTold) {
  EXPECT_EQ(refusal(R"({"redirect_uris":"https://p.example/cb"})"), "redirect_uris is no list, or too long");
  EXPECT_EQ(refusal(R"({"client_name":7})"), "client_name is no text, or too long");
  EXPECT_EQ(refusal(R"({"client_name":"a\nb"})"), "client_name is no text, or too long");
  EXPECT_EQ(refusal(R"({"response_types":["code","token"]})"), "response_types is not just code");
  EXPECT_EQ(refusal(R"({"id_token_signed_response_alg":"EdDSA"})"), "id_token_signed_response_alg is neither RS256 nor ES256");
  EXPECT_EQ(refusal(R"({"subject_type":"pairwise"})"), "subject_type is not public");
  EXPECT_EQ(refusal(R"j({"logo_uri":"javascript:alert(1)"})j"), "logo_uri is no web address");
  EXPECT_EQ(refusal(R"({"contacts":"me"})"), "contacts is no list of addresses");
  EXPECT_EQ(refusal(R"({"backchannel_logout_uri":"com.example:/x"})"), "backchannel_logout_uri is neither http nor https");
  EXPECT_EQ(refusal(R"({"software_statement":"eyJ"})", Reason::software_statement_unapproved),
            "software_statement is not taken: nobody's is trusted here");
}

TEST(Metadata, WhatIsToldCanBeSaidAgain) {
  const auto said = read_metadata(metadata(R"({"token_endpoint_auth_method":"client_secret_post",
    "contacts":["a@p.example",{"email":"b@p.example"}],
    "tos_uri":"https://p.example/tos","post_logout_redirect_uris":["https://p.example/bye"],
    "backchannel_logout_uri":"https://p.example/out"})"));
  ASSERT_TRUE(said);
  const auto client = shape_client(*said, *likeness().policy, *likeness().policy, {});
  ASSERT_TRUE(client);
  const auto told = describe(*client, json::serialize(said->about));
  EXPECT_EQ(told.at("scope"), "openid accounts");
  EXPECT_EQ(told.at("tos_uri"), "https://p.example/tos");
  EXPECT_EQ(told.at("response_types").as_array().size(), 1U);
  const auto again = read_metadata(told);
  ASSERT_TRUE(again);
  const auto same = shape_client(*again, *likeness().policy, *likeness().policy, {});
  ASSERT_TRUE(same);
  EXPECT_EQ(*same->policy, *client->policy);
  EXPECT_EQ(again->about, said->about);
}

}  // namespace
}  // namespace tessera::registration
