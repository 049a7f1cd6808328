// Registration on the wire: paths that name a client, documents in and out.
#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;
using model::Verb;

const std::vector<http::Header> kBearer = {{"Authorization", "Bearer t"}};
const std::vector<http::Header> kBearerJson = {{"Authorization", "Bearer t"}, {"Content-Type", "application/json"}};

struct RegistrationTest : testing::Test {
  Bench bench{{{"flinks", "flinks", ""}, {"keycloak", "", ""}}};
  FakeEndpoint& registration = bench.endpoint(EndpointKind::registration);
  FakeEndpoint& configuration = bench.endpoint(EndpointKind::client_configuration);
  FakeEndpoint& secret = bench.endpoint(EndpointKind::client_secret);

  void answer(FakeEndpoint& endpoint, std::string json) {
    endpoint.answer = [json] { return model::Reply(model::Document{json}); };
  }
};

TEST_F(RegistrationTest, TheStandardPassesTheDocumentOnAsItIs) {
  constexpr std::string_view kBody = R"({"redirect_uris":["https://a.example/cb"],"n":{"m":[1]}})";
  answer(registration, "{\"client_id\":\"c\"}");
  const auto response = bench.send("POST", "/realms/r/oauth2/register", kBearerJson, kBody);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "{\"client_id\":\"c\"}");
  EXPECT_EQ(header_of(*response, "Cache-Control"), "no-store");
  EXPECT_EQ(registration.realm, "r");
  EXPECT_EQ(registration.document, kBody);
  EXPECT_EQ(registration.bearer_tokens, std::vector<std::string>{"t"});
  EXPECT_EQ(registration.verb, Verb::create);
}

TEST_F(RegistrationTest, AClientStandsInThePath) {
  for (const auto& [method, verb] : {std::pair("GET", Verb::read), std::pair("DELETE", Verb::remove)}) {
    bench.send(method, "/realms/r/oauth2/register/c%7E1", kBearer);
    EXPECT_EQ(configuration.managed_client, "c~1");
    EXPECT_EQ(configuration.realm, "r");
    EXPECT_EQ(configuration.verb, verb);
  }
  bench.send("PUT", "/realms/x/clients-registrations/openid-connect/c2", kBearerJson, "{}");
  EXPECT_EQ(configuration.managed_client, "c2");
  EXPECT_EQ(configuration.dialect, "keycloak");
  EXPECT_EQ(configuration.verb, Verb::replace);
  const int calls = configuration.calls;
  for (const char* path : {"/realms/r/oauth2/register/", "/realms/r/oauth2/register/a/b", "/realms/r/oauth2/register/a%2Fb",
                           "/realms/r/oauth2/register/%zz", "/realms//oauth2/register/a"})
    EXPECT_EQ(bench.send("GET", path, kBearer)->status, 404) << path;
  EXPECT_EQ(configuration.calls, calls);
}

TEST_F(RegistrationTest, OfAClientThatIsGoneThereIsNothingToTell) {
  const auto response = bench.send("DELETE", "/realms/r/oauth2/register/c", kBearer);
  EXPECT_EQ(response->status, 204);
  EXPECT_EQ(response->body, "");
  answer(configuration, "{}");
  EXPECT_EQ(bench.send("GET", "/realms/r/oauth2/register/c", kBearer)->status, 200);
}

TEST_F(RegistrationTest, WhatIsNoDocumentIsRefused) {
  for (const char* body : {"", "[]", "{", "{\"a\":1,\"a\":2}"})
    EXPECT_EQ(bench.send("POST", "/realms/r/oauth2/register", kBearerJson, body)->status, 400) << body;
  EXPECT_EQ(bench.send("POST", "/realms/r/oauth2/register", {kBearer[0], kForm[0]}, "a=b")->status, 415);
  EXPECT_EQ(bench.send("PATCH", "/realms/r/oauth2/register/c", kBearerJson, "{}")->status, 405);
  EXPECT_EQ(registration.calls, 0);
}

TEST_F(RegistrationTest, ARefusalSaysWhyInOurWords) {
  registration.answer = [] {
    return Result<model::Reply>(std::unexpected(Error{.reason = Reason::metadata_invalid, .context = {}, .limit = "scope is beyond"}));
  };
  const auto response = bench.send("POST", "/realms/r/oauth2/register", kBearerJson, "{}");
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, R"({"error":"invalid_client_metadata","error_description":"scope is beyond"})");
  registration.answer = [] { return Result<model::Reply>(fail(Reason::initial_token_wrong)); };
  const auto wrong = bench.send("POST", "/realms/r/oauth2/register", kBearerJson, "{}");
  EXPECT_EQ(wrong->status, 401);
  EXPECT_TRUE(header_of(*wrong, "WWW-Authenticate").starts_with("Bearer realm=\"r\", error=\"invalid_token\""));
  registration.answer = [] { return Result<model::Reply>(fail(Reason::registration_off)); };
  EXPECT_EQ(bench.send("POST", "/realms/r/oauth2/register", kBearerJson, "{}")->status, 404);
}

TEST_F(RegistrationTest, FlinksHasItsOwnNames) {
  answer(registration, R"({"client_id":"c","client_secret":"s","registration_access_token":"t","client_name":"N","scope":"A B"})");
  const auto response = bench.send("POST", "/api/v1/recipients", kBearerJson,
                                   R"({"name":"N","scope":["A","B"],"client_name":"x","jwks":{},"terms_uri":"https://a.example"})");
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, R"({"client_id":"c","client_secret":"s","name":"N","scope":"A B"})");
  EXPECT_EQ(registration.document, R"({"client_name":"N","scope":"A B","tos_uri":"https://a.example",)"
                                   R"("grant_types":["authorization_code","refresh_token","client_credentials"]})");
  EXPECT_EQ(registration.realm, "flinks");

  bench.send("PUT", "/api/v1/recipients/c", kBearerJson, R"({"redirect_uris":"https://a.example/cb","name":"M"})");
  EXPECT_EQ(configuration.verb, Verb::amend);
  EXPECT_EQ(configuration.document, R"({"redirect_uris":["https://a.example/cb"]})");
  EXPECT_EQ(configuration.managed_client, "c");
  answer(secret, R"({"client_id":"c","client_secret":"s","scope":"A"})");
  EXPECT_EQ(bench.send("POST", "/api/v1/recipients/c/secret", kBearer)->body, R"({"client_id":"c","client_secret":"s"})");
  EXPECT_EQ(secret.managed_client, "c");
}

}  // namespace
}  // namespace tessera::dialects
