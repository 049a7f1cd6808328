#include "policy/web_origins.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

TEST(WebOrigins, AreComparedByteForByte) {
  const model::ClientPolicy policy{.web_origins = {"https://spa.example", "http://localhost:8080"}};
  EXPECT_TRUE(is_web_origin(policy, "https://spa.example"));
  EXPECT_TRUE(is_web_origin(policy, "http://localhost:8080"));
  for (const char* other : {"https://spa.example.evil", "http://spa.example", "https://spa.example:443", "https://SPA.example", "null",
                            "https://spa.example/", "http://localhost", "*", "+", ""})
    EXPECT_FALSE(is_web_origin(policy, other)) << other;
  EXPECT_FALSE(is_web_origin(model::ClientPolicy{}, "")) << "who registered nothing shares nothing";
}

TEST(WebOrigins, PlusStandsForTheRedirectUris) {
  const model::ClientPolicy policy{
      .redirect_uris = {"https://a.example/cb", "https://a.example/other", "https://b.example:8443/app/*", "com.example.app:/cb"},
      .web_origins = {"https://c.example", "+"}};
  EXPECT_EQ(web_origins_of(policy), (std::vector<std::string>{"https://c.example", "https://a.example", "https://b.example:8443"}));
  EXPECT_TRUE(is_web_origin(policy, "https://b.example:8443"));
  EXPECT_FALSE(is_web_origin(policy, "+"));
  EXPECT_FALSE(is_web_origin(policy, ""));
}

TEST(WebOrigins, AreWorkedOutOnceForAPolicyAndAnewForAnotherOne) {
  base::SharedValue<model::ClientPolicy> policy(model::ClientPolicy{.redirect_uris = {"https://a.example/cb"}, .web_origins = {"+"}});
  const auto shared = policy;
  EXPECT_EQ(&web_origins_of(*policy), &web_origins_of(*shared));
  policy.edit().redirect_uris = {"https://b.example/cb"};
  EXPECT_EQ(web_origins_of(*policy), std::vector<std::string>{"https://b.example"});
  EXPECT_TRUE(is_web_origin(*shared, "https://a.example"));
}

}  // namespace
}  // namespace tessera::policy
