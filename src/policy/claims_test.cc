#include "policy/claims.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

constexpr std::string_view kAsked = "id_token:email userinfo:phone_number userinfo:email_verified userinfo:name";

struct Holder {
  Holder() {
    realm.policy.scopes = {"openid", "email", "phone"};
    client.policy.edit().scopes = {"openid", "email", "phone"};
  }
  std::string decide(std::string_view asked) const { return *decide_claims({.realm = realm, .client = client, .user = &user}, asked); }
  model::Realm realm;
  model::Client client;
  model::User user;
};

TEST(PersonClaims, EachStandsUnderItsScope) {
  EXPECT_EQ(find_person_claim("email_verified")->scope, "email");
  EXPECT_EQ(find_person_claim("birthdate")->scope, "profile");
  for (const char* other : {"sub", "acr", "email#de", "", "password"}) EXPECT_EQ(find_person_claim(other), nullptr) << other;
}

TEST(PersonClaims, AskedOneByOneStandForTheirScopes) {
  EXPECT_EQ(scope_of_claims(kAsked), "email phone profile");
  EXPECT_EQ(scope_of_claims(""), "");
  EXPECT_EQ(claims_in(kInUserinfo, kAsked), "phone_number email_verified name");
  EXPECT_EQ(claims_in(kInIdToken, kAsked), "email");
  EXPECT_EQ(claims_in(kInIdToken, "userinfo:email"), "");
}

TEST(PersonClaims, AreToldWithinWhatClientAndUserHold) {
  Holder holder;
  EXPECT_EQ(holder.decide(kAsked), "id_token:email userinfo:phone_number userinfo:email_verified") << "the client has no profile";
  holder.realm.policy.roles = {{"callers", {"phone"}}};
  EXPECT_EQ(holder.decide(kAsked), "id_token:email userinfo:email_verified") << "the user has not the role that gives phone";
  holder.user.profile.roles = {"callers"};
  EXPECT_EQ(holder.decide("userinfo:phone_number"), "userinfo:phone_number");
  holder.client.policy.edit().scopes = {"openid"};
  EXPECT_EQ(holder.decide(kAsked), "");
}

}  // namespace
}  // namespace tessera::policy
