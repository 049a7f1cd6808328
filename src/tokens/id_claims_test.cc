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
  std::string sub() const { return R"({"sub":")" + user.handle.uuid() + '"'; }
  model::User user;
};

TEST_F(UserinfoClaims, TellWhatTheScopeAllows) {
  EXPECT_EQ(userinfo_claims(user, "openid", "", ""), sub() + "}");
  EXPECT_EQ(userinfo_claims(user, "openid email", "", ""), sub() + R"(,"email":"anna@example.org","email_verified":false})");
  EXPECT_EQ(userinfo_claims(user, "openid profile address phone emailx", "", ""),
            sub() + R"(,"name":"Anna","preferred_username":"anna","given_name":"Anna",)"
                    R"("address":{"locality":"Bern"},"phone_number":"+41"})");
}

TEST_F(UserinfoClaims, SayFromWhomToWhomWhereTheyAreSigned) {
  EXPECT_EQ(userinfo_claims(user, "openid", "https://as", "web"), sub() + R"(,"iss":"https://as","aud":"web"})");
}

TEST_F(UserinfoClaims, AreAmongThoseThatDiscoveryNames) {
  EXPECT_EQ(person_claims({"openid", "email", "phone"}), (std::vector<std::string_view>{"email", "email_verified", "phone_number"}));
  EXPECT_TRUE(person_claims({"openid"}).empty());
}

}  // namespace
}  // namespace tessera::tokens
