#include "dialects/cors.h"

#include <gtest/gtest.h>

#include "dialects/test_support.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

constexpr std::string_view kAllowed = "Access-Control-Allow-Origin";

struct CorsTest : testing::Test {
  CorsTest() { bench.web_origin = "https://spa.example"; }
  std::string shared_with(std::string_view method, std::string_view path, std::vector<http::Header> headers) {
    const auto response = bench.send(method, path, std::move(headers), method == "POST" ? "grant_type=x" : "");
    EXPECT_TRUE(response);
    EXPECT_EQ(header_of(*response, "Access-Control-Allow-Credentials"), "");
    return header_of(*response, kAllowed);
  }
  Bench bench;
};

TEST_F(CorsTest, OnlyTheRegisteredOriginReadsWhatAClientIsTold) {
  const auto post = [&](const char* origin) { return shared_with("POST", "/realms/r/oauth2/token", {kForm[0], {"Origin", origin}}); };
  EXPECT_EQ(post("https://spa.example"), "https://spa.example");
  EXPECT_EQ(post("https://evil.example"), "");
  EXPECT_EQ(shared_with("POST", "/realms/r/oauth2/token", kForm), "");
  EXPECT_EQ(shared_with("POST", "/realms/r/oauth2/token", {kForm[0], {"Origin", "https://spa.example"}, {"Origin", "https://spa.example"}}),
            "")
      << "no browser sends two";
  EXPECT_EQ(shared_with("POST", "/realms/r/oauth2/introspect", {kForm[0], {"Origin", "https://spa.example"}}), "");
}

TEST_F(CorsTest, CookiesMayComeAlongWhereADialectsClientsAlwaysSendThem) {
  Bench keycloak{{{"keycloak", "", ""}}};
  keycloak.web_origin = "https://spa.example";
  const auto credentials = [&](std::string_view endpoint, const char* origin) {
    const std::string path = "/realms/r/protocol/openid-connect/" + std::string(endpoint);
    const auto response = keycloak.send("POST", path, {kForm[0], {"Origin", origin}}, "grant_type=x");
    return header_of(*response, "Access-Control-Allow-Credentials");
  };
  EXPECT_EQ(credentials("token", "https://spa.example"), "true");
  EXPECT_EQ(credentials("token", "https://evil.example"), "");
  EXPECT_EQ(credentials("revoke", "https://spa.example"), "");
  EXPECT_EQ(credentials("logout", "https://spa.example"), "") << "it reads cookies";
}

TEST_F(CorsTest, RefusalsAreReadToo) {
  bench.endpoint(EndpointKind::userinfo).answer = [] { return Result<model::Reply>(fail(Reason::token_expired)); };
  const auto response = bench.send("GET", "/realms/r/oauth2/userinfo", {{"Origin", "https://spa.example"}});
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(header_of(*response, kAllowed), "https://spa.example");
  EXPECT_EQ(header_of(*response, "Vary"), "Origin");
  EXPECT_NE(header_of(*response, "Access-Control-Expose-Headers").find("WWW-Authenticate"), std::string::npos);
  EXPECT_EQ(header_of(*bench.send("GET", "/realms/r/oauth2/userinfo", {{"Origin", "https://evil.example"}}), "Vary"), "Origin");
}

TEST_F(CorsTest, TheLookUpComesBeforeTheDeed) {
  bench.origin_lane = Lane::pool;
  const std::vector<http::Header> headers{kForm[0], {"Origin", "https://spa.example"}};
  const auto detour = bench.send("POST", "/realms/r/oauth2/token", headers, "grant_type=x");
  ASSERT_FALSE(detour);
  EXPECT_TRUE(detour.error().is_lookup);
  EXPECT_EQ(bench.endpoint(EndpointKind::token).calls, 0) << "what is done twice is done once too often";
  const auto response = bench.send("POST", "/realms/r/oauth2/token", headers, "grant_type=x", Lane::pool);
  ASSERT_TRUE(response);
  EXPECT_EQ(header_of(*response, kAllowed), "https://spa.example");
  EXPECT_EQ(bench.endpoint(EndpointKind::token).calls, 1);
}

TEST_F(CorsTest, WhatIsPublishedIsForEveryone) {
  for (const char* path : {"/realms/r/oauth2/jwks", "/realms/r/.well-known/openid-configuration"}) {
    EXPECT_EQ(shared_with("GET", path, {}), "*") << path << ": a cache keeps it for those who ask from a page later";
    EXPECT_EQ(shared_with("GET", path, {{"Origin", "https://anyone.example"}}), "*") << path;
  }
}

TEST_F(CorsTest, APreflightIsAnsweredForAllAlikeAndReachesNoEndpoint) {
  const auto ask = [&](std::string_view path, const char* origin) {
    return bench.send("OPTIONS", path, {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
  };
  for (const char* origin : {"https://spa.example", "https://evil.example"}) {
    const auto response = ask("/realms/r/oauth2/userinfo", origin);
    EXPECT_EQ(response->status, 204);
    EXPECT_EQ(header_of(*response, kAllowed), "*");
    EXPECT_EQ(header_of(*response, "Access-Control-Allow-Methods"), "GET, POST");
    EXPECT_EQ(header_of(*response, "Access-Control-Allow-Credentials"), "");
  }
  for (const char* path : {"/realms/r/oauth2/introspect", "/realms/r/oauth2/authorize"}) {
    const auto response = ask(path, "https://spa.example");
    EXPECT_EQ(response->status, 405) << path;
    EXPECT_EQ(header_of(*response, kAllowed), "") << path;
  }
  EXPECT_EQ(bench.send("OPTIONS", "/realms/r/oauth2/token")->status, 405) << "no browser asks like this";
  for (const auto& endpoint : bench.endpoints) EXPECT_EQ(endpoint.calls, 0);
}

}  // namespace
}  // namespace tessera::dialects
