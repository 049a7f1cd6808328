#include "policy/scope.h"

#include <gtest/gtest.h>

namespace tessera::policy {
namespace {

using Words = std::vector<std::string>;

TEST(SplitScope, KeepsTheOrderAndRepeatedWordsOnce) {
  EXPECT_EQ(split_scope("b a b xs2a_mock:user"), (Words{"b", "a", "xs2a_mock:user"}));
  EXPECT_EQ(split_scope(""), Words{});
}

TEST(SplitScope, RefusesWhatIsNoListOfWords) {
  for (const char* scope : {" ", "a  b", " a", "a ", "a\tb", "a\nb", "a\"b", "a\\b", "a\x7f", "caf\xc3\xa9"})
    EXPECT_EQ(split_scope(scope).error().reason, Reason::scope_malformed) << scope;
}

std::string repeated(std::string_view words, int times) {
  std::string scope;
  for (int i = 0; i < times; ++i) scope.append(i ? " " : "").append(words);
  return scope;
}

TEST(SplitScope, Case87StopsAtWord101) {
  EXPECT_TRUE(split_scope(repeated("a", 100)));
  EXPECT_EQ(split_scope(repeated("a", 101)).error().reason, Reason::scope_too_many);
  EXPECT_EQ(split_scope(repeated("a", 500'000)).error().reason, Reason::scope_too_many);
  // What stands behind word 100 is never read, however malformed it is.
  EXPECT_EQ(split_scope(repeated("a", 100) + " \"").error().reason, Reason::scope_too_many);
}

class ScopeTest : public testing::Test {
 protected:
  ScopeTest() {
    realm_.policy.roles = {{"reader", {"tenders:read"}}, {"editor", {"tenders:read", "tenders:write"}}, {"guest", {}}};
    client_.policy.edit().scopes = {"profile", "email", "tenders:read"};
    client_.policy.edit().default_scopes = {"profile", "tenders:read"};
  }
  Result<std::string> client_scope(std::optional<std::string_view> asked) { return decide_scope({realm_, client_}, asked); }
  Result<std::string> user_scope(std::optional<std::string_view> asked, std::optional<std::string_view> granted = {}) {
    return decide_scope({realm_, client_, &user_, granted}, asked);
  }

  model::Realm realm_;
  model::Client client_;
  model::User user_;
};

TEST_F(ScopeTest, DefaultsStandBesideWhatIsAskedForWhereTheClientSaysSo) {
  client_.policy.edit().scopes.emplace_back("openid");
  EXPECT_EQ(client_scope("email openid"), "email openid");
  client_.policy.edit().default_scopes_always = true;
  EXPECT_EQ(client_scope("email openid"), "openid profile email") << "tenders:read is held by no role of the client's";
  EXPECT_EQ(client_scope(std::nullopt), "profile");
  EXPECT_FALSE(client_scope("admin"));
  EXPECT_EQ(user_scope("openid", "openid profile email"), "openid profile") << "a refresh for less gives up what is no default";
  EXPECT_EQ(user_scope("openid", "openid"), "openid") << "and adds nothing";
  EXPECT_FALSE(user_scope("email", "openid"));
  EXPECT_EQ(add_default_scopes(*client_.policy, "a a"), "profile tenders:read a");
  EXPECT_FALSE(add_default_scopes(*client_.policy, "a  b"));
}

TEST_F(ScopeTest, ARoleOfAClientHasAShortName) {
  EXPECT_EQ(short_name({"web:auditor", {}, "web"}), "auditor");
  EXPECT_EQ(short_name({"xs2a_mock:user", {}}), "xs2a_mock:user") << "a realm's own may hold a colon";
}

TEST_F(ScopeTest, AWordThatNoRoleGrantsIsHeldByRegistration) {
  EXPECT_EQ(client_scope("email profile"), "email profile");
  EXPECT_EQ(user_scope("email"), "email");
}

TEST_F(ScopeTest, Case65AWordThatTheClientIsNotRegisteredForIsRefused) {
  realm_.policy.scopes = {"admin"};
  const auto refused = client_scope("profile admin");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::scope_invalid);
  EXPECT_EQ(refused.error().context, "admin");
}

TEST_F(ScopeTest, AWordThatIsRegisteredNowhereIsNotLogged) {
  const auto refused = client_scope("hunter2");
  EXPECT_EQ(refused.error().reason, Reason::scope_invalid);
  EXPECT_EQ(refused.error().context.find("hunter2"), std::string::npos) << refused.error().context;
}

TEST_F(ScopeTest, AWordThatARoleGrantsIsHeldThroughARoleOnly) {
  EXPECT_EQ(client_scope("tenders:read").error().reason, Reason::scope_invalid);
  client_.policy.edit().roles = {"reader"};
  EXPECT_EQ(client_scope("tenders:read"), "tenders:read");
  client_.policy.edit().roles = {"editor"};
  EXPECT_EQ(client_scope("tenders:write").error().reason, Reason::scope_invalid) << "the client is not registered for it";
}

TEST_F(ScopeTest, ARoleThatTheRealmDoesNotKnowGrantsNothing) {
  client_.policy.edit().roles = {"tenders:read", "owner"};
  EXPECT_EQ(client_scope("tenders:read").error().reason, Reason::scope_invalid);
}

TEST_F(ScopeTest, Case79UserAndClientNeverGiveEachOtherMoreThanTheirOwn) {
  user_.profile.roles = {"editor"};
  EXPECT_EQ(user_scope("tenders:read"), "tenders:read");
  EXPECT_EQ(user_scope("tenders:write").error().reason, Reason::scope_invalid) << "the client is not registered for it";
  user_.profile.roles = {};
  client_.policy.edit().roles = {"editor"};
  EXPECT_EQ(user_scope("tenders:read").error().reason, Reason::scope_invalid) << "the client's own role is not the user's";
}

TEST_F(ScopeTest, NothingAskedGivesTheDefaultsThatAreHeld) {
  EXPECT_EQ(client_scope(std::nullopt), "profile");
  client_.policy.edit().roles = {"reader"};
  EXPECT_EQ(client_scope(std::nullopt), "profile tenders:read");
}

TEST_F(ScopeTest, ARefreshNeverGetsMoreThanWasGranted) {
  user_.profile.roles = {"reader"};
  EXPECT_EQ(user_scope("profile", "profile tenders:read"), "profile");
  EXPECT_EQ(user_scope("email", "profile tenders:read").error().reason, Reason::scope_invalid);
  EXPECT_EQ(user_scope(std::nullopt, "tenders:read"), "tenders:read");
  EXPECT_EQ(user_scope(std::nullopt, ""), "") << "the defaults are no part of an authorization without scope";
  EXPECT_EQ(user_scope("profile", "").error().reason, Reason::scope_invalid);
}

TEST_F(ScopeTest, ARefreshLosesWhatIsNoLongerHeld) {
  EXPECT_EQ(user_scope(std::nullopt, "profile tenders:read"), "profile");
  EXPECT_EQ(user_scope("tenders:read", "profile tenders:read").error().reason, Reason::scope_invalid);
}

TEST_F(ScopeTest, RolesThatTheClientMayPassOn) {
  user_.profile.roles = {"guest", "editor", "reader", "owner"};
  EXPECT_EQ(roles_of({realm_, client_, &user_}), (Words{"reader", "guest"}));
  client_.policy.edit().scopes.emplace_back("tenders:write");
  EXPECT_EQ(roles_of({realm_, client_, &user_}), (Words{"reader", "editor", "guest"}));
  client_.policy.edit().roles = {"editor", "owner"};
  EXPECT_EQ(roles_of({realm_, client_}), Words{"editor"});
}

}  // namespace
}  // namespace tessera::policy
