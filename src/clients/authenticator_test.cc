#include "clients/authenticator.h"

#include <gtest/gtest.h>

#include "clients/fake_config_store.h"
#include "clients/fake_single_use.h"

namespace tessera::clients {
namespace {

using Method = model::ClientAuthMethod;

constexpr std::int64_t kNowS = 1'800'000'000;
const Turn kTurn{base::from_s(kNowS), Lane::pool};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    realm_.id = 1;
    client_.handle = Handle::random();
    client_.realm = 1;
    client_.client_id = "app";
    client_.policy.edit().mounts = {"finlex"};
    secret_ = add_secret(0);
  }

  std::string add_secret(std::int64_t expires_at_s) {
    const NewSecret made = hasher_.generate(client_.handle, kTurn.now, expires_at_s);
    store_.secret_rows.push_back(made.record);
    return std::string(made.text.reveal());
  }

  Result<AuthenticatedClient> show(Method method, std::string_view client_id, std::string_view secret,
                                   std::string_view dialect = "oauth2") {
    store_.client_rows = {client_};
    model::EndpointRequest request;
    request.dialect = dialect;
    request.credential = {method, std::string(client_id), Secret(std::string(secret)), false};
    Directory directory(store_);
    return authenticator(directory).authenticate(realm_, request, kTurn);
  }
  Authenticator authenticator(Directory& directory) {
    return {directory, hasher_, use_,
            AssertionServices{.used = used_,
                              .published = published_,
                              .issuer_of = [](const model::Realm&) { return std::string("https://t.example/realms/r"); },
                              .token_endpoint_of = [](const model::EndpointRequest&) { return std::string(); }}};
  }
  Reason refused(Method method, std::string_view client_id, std::string_view secret, std::string_view dialect = "oauth2") {
    const auto shown = show(method, client_id, secret, dialect);
    EXPECT_FALSE(shown);
    return shown ? Reason::internal : shown.error().reason;
  }

  FakeConfigStore store_;
  FakeSingleUse used_;
  PublishedKeys published_{[](const std::string&) -> Result<std::string> { return fail(Reason::outbound_failed); }};
  SecretHasher hasher_{Secret(std::string(32, 'p'))};
  SecretUse use_;
  model::Realm realm_;
  model::Client client_;
  std::string secret_;
};

TEST_F(AuthenticatorTest, TheRightSecretOpensByBodyAndByHeader) {
  for (const Method method : {Method::client_secret_post, Method::client_secret_basic}) {
    const auto shown = show(method, "app", secret_);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->entry->client.handle, client_.handle);
    EXPECT_EQ(shown->secret, store_.secret_rows[0].handle);
  }
}

TEST_F(AuthenticatorTest, TheSecretThatWasShownIsNotedAsUsed) {
  const std::string second = add_secret(0);
  ASSERT_TRUE(show(Method::client_secret_post, "app", second));
  ASSERT_FALSE(show(Method::client_secret_post, "app", "wrong"));
  const auto used = use_.take(100);
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used[0].first, store_.secret_rows[1].handle);
}

TEST_F(AuthenticatorTest, WhatIsNoLiveSecretIsRefused) {
  EXPECT_EQ(refused(Method::client_secret_post, "app", "wrong"), Reason::client_secret_wrong);
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_ + "x"), Reason::client_secret_wrong);
  EXPECT_EQ(refused(Method::client_secret_post, "app", ""), Reason::client_secret_missing);
  EXPECT_EQ(refused(Method::client_secret_basic, "app", ""), Reason::client_secret_missing);
  store_.secret_rows.clear();
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_secret_wrong);
}

TEST_F(AuthenticatorTest, Case35AConfidentialClientMustShowASecret) {
  EXPECT_EQ(refused(Method::none, "app", ""), Reason::client_secret_missing);
}

TEST_F(AuthenticatorTest, AnEmptySecretIsNeverRightWhateverIsStored) {
  store_.secret_rows = {hasher_.import(client_.handle, Secret(), kTurn.now, 0)};
  EXPECT_EQ(refused(Method::none, "app", ""), Reason::client_secret_missing);
}

TEST_F(AuthenticatorTest, AnImportedSecretOpensToo) {
  store_.secret_rows = {hasher_.import(client_.handle, Secret("old-secret"), kTurn.now, 0)};
  EXPECT_TRUE(show(Method::client_secret_post, "app", "old-secret"));
  EXPECT_EQ(refused(Method::client_secret_post, "app", "old-secre"), Reason::client_secret_wrong);
}

TEST_F(AuthenticatorTest, ASecretEndsAtItsExpiryAndTheOtherGoesOn) {
  const std::string expired = add_secret(kNowS);
  EXPECT_EQ(refused(Method::client_secret_post, "app", expired), Reason::client_secret_expired);
  EXPECT_TRUE(show(Method::client_secret_post, "app", secret_));
  const std::string last_second = add_secret(kNowS + 1);
  EXPECT_TRUE(show(Method::client_secret_post, "app", last_second));
}

TEST_F(AuthenticatorTest, ADeletedSecretOpensNothing) {
  store_.secret_rows[0].deleted = true;
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_secret_wrong);
}

TEST_F(AuthenticatorTest, APublicClientShowsNothing) {
  client_.is_public = true;
  const auto shown = show(Method::none, "app", "");
  ASSERT_TRUE(shown);
  EXPECT_TRUE(shown->secret.empty());
  EXPECT_TRUE(show(Method::client_secret_post, "app", "")) << "an empty secret counts as none";
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_secret_wrong);
  EXPECT_EQ(refused(Method::client_secret_basic, "app", "x"), Reason::client_secret_wrong);
}

TEST_F(AuthenticatorTest, AClientMustBeNamedAndKnown) {
  EXPECT_EQ(refused(Method::none, "", ""), Reason::client_id_missing);
  EXPECT_EQ(refused(Method::client_secret_post, "nobody", secret_), Reason::client_unknown);
  realm_.id = 2;
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_unknown);
}

TEST_F(AuthenticatorTest, Case88WhatCanBeNoClientIdNeverReachesTheStore) {
  for (const std::string& id : {std::string(256, 'a'), std::string("a\nb"), std::string("a\0b", 3), std::string("\xff\xfe")})
    EXPECT_EQ(refused(Method::client_secret_post, id, "x"), Reason::client_unknown);
  EXPECT_EQ(store_.client_reads, 0);
  EXPECT_EQ(refused(Method::client_secret_post, std::string(255, 'a'), "x"), Reason::client_unknown);
  EXPECT_EQ(store_.client_reads, 1);
}

TEST_F(AuthenticatorTest, CredentialsThatDifferAreRefusedBeforeAnyIsTried) {
  model::EndpointRequest request;
  request.dialect = "oauth2";
  request.credential = {Method::client_secret_basic, "app", Secret(secret_), true};
  store_.client_rows = {client_};
  Directory directory(store_);
  const auto shown = authenticator(directory).authenticate(realm_, request, kTurn);
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().reason, Reason::client_authentication_ambiguous);
  EXPECT_EQ(store_.client_reads, 0);
}

TEST_F(AuthenticatorTest, ADisabledClientIsRefusedWithTheRightSecret) {
  client_.enabled = false;
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_disabled);
  EXPECT_TRUE(use_.take(100).empty());
}

TEST_F(AuthenticatorTest, AClientUsesTheDialectsItListsAndTheStandardOne) {
  EXPECT_TRUE(show(Method::client_secret_post, "app", secret_, "finlex"));
  EXPECT_TRUE(show(Method::client_secret_post, "app", secret_, "oauth2"));
  for (const char* dialect : {"keycloak", "Finlex", "finlex ", ""})
    EXPECT_EQ(refused(Method::client_secret_post, "app", secret_, dialect), Reason::client_mount_forbidden) << dialect;
}

TEST_F(AuthenticatorTest, AClientThatIsRegisteredForOneWayUsesNoOther) {
  client_.policy.edit().token_endpoint_auth_method = "client_secret_basic";
  EXPECT_TRUE(show(Method::client_secret_basic, "app", secret_));
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::client_method_forbidden);
  EXPECT_EQ(refused(Method::none, "app", ""), Reason::client_method_forbidden);
  client_.policy.edit().token_endpoint_auth_method = "private_key_jwt";
  EXPECT_EQ(refused(Method::client_secret_basic, "app", secret_), Reason::client_method_forbidden);
  client_.policy.edit().token_endpoint_auth_method = "";
  EXPECT_EQ(refused(Method::private_key_jwt, "app", ""), Reason::client_method_forbidden) << "keys may stand there for other things";
}

TEST_F(AuthenticatorTest, AStoreThatIsDownIsNoWrongSecret) {
  store_.down = true;
  EXPECT_EQ(refused(Method::client_secret_post, "app", secret_), Reason::store_unavailable);
}

TEST(ClientAuthMethods, AreTheRegisteredOnes) {
  const auto methods = client_auth_methods();
  EXPECT_EQ(std::vector<std::string_view>(methods.begin(), methods.end()),
            (std::vector<std::string_view>{"none", "client_secret_post", "client_secret_basic", "private_key_jwt"}));
}

}  // namespace
}  // namespace tessera::clients
