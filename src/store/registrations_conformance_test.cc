// Initial access tokens, and clients that registered themselves.
#include "base/digest.h"
#include "store/store_conformance.h"

namespace tessera::store {
namespace {

model::InitialAccessToken token_of(const World& world, std::int64_t uses = 1, std::int64_t expires_in_s = 60) {
  return {.handle = Handle::random(),
          .realm = world.realm.id,
          .digest = base::sha256(Handle::random().str()),
          .created_at = kNow,
          .expires_at_s = base::to_s(kNow) + expires_in_s,
          .uses_left = uses};
}

TEST_P(StoreConformance, AnInitialAccessTokenIsSpentAsOftenAsItSays) {
  const auto token = token_of(world, 2);
  world.must({AddInitialAccessToken{token}});
  const auto found = world.registrations().find_initial_access_token(kPool, world.realm.id, token.digest);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->handle, token.handle);
  EXPECT_EQ(found->uses_left, 2);
  EXPECT_EQ(reason_of(world.registrations().find_initial_access_token(kPool, world.realm.id + 1, token.digest)),
            Reason::initial_token_wrong);
  world.must({SpendInitialAccessToken{token.handle}});
  EXPECT_EQ(world.registrations().initial_access_tokens(kPool, world.realm.id)->at(0).uses_left, 1);
  world.must({SpendInitialAccessToken{token.handle}});
  EXPECT_EQ(world.refused({SpendInitialAccessToken{token.handle}}), Reason::initial_token_wrong);
  EXPECT_EQ(reason_of(world.registrations().find_initial_access_token(kPool, world.realm.id, token.digest)), Reason::initial_token_wrong);
  EXPECT_TRUE(world.registrations().initial_access_tokens(kPool, world.realm.id)->empty());
  EXPECT_EQ(*world.registrations().sweep(kNow, 10), 1);
}

TEST_P(StoreConformance, OfManyThatSpendAnInitialAccessTokenOneWins) {
  const auto token = token_of(world);
  world.must({AddInitialAccessToken{token}});
  std::atomic<int> won = 0;
  in_parallel(20, [&](int) { won += world.config().commit(kPool, {SpendInitialAccessToken{token.handle}}, {}) ? 1 : 0; });
  EXPECT_EQ(won, 1);
}

TEST_P(StoreConformance, AnInitialAccessTokenEndsAtItsTimeOrWhenItIsWithdrawn) {
  const auto short_lived = token_of(world, 1, 10);
  const auto withdrawn = token_of(world);
  world.must({AddInitialAccessToken{short_lived}, AddInitialAccessToken{withdrawn}});
  EXPECT_TRUE(world.registrations().find_initial_access_token(at(9), world.realm.id, short_lived.digest));
  EXPECT_EQ(reason_of(world.registrations().find_initial_access_token(at(10), world.realm.id, short_lived.digest)),
            Reason::initial_token_wrong);
  EXPECT_EQ(reason_of(world.config().commit(at(10), {SpendInitialAccessToken{short_lived.handle}}, {})), Reason::initial_token_wrong);
  world.must({WithdrawInitialAccessToken{withdrawn.handle}});
  EXPECT_EQ(world.refused({SpendInitialAccessToken{withdrawn.handle}}), Reason::initial_token_wrong);
  EXPECT_EQ(world.refused({WithdrawInitialAccessToken{withdrawn.handle}}), Reason::record_missing);
  EXPECT_EQ(*world.registrations().sweep(at(11).now, 10), 1);
}

TEST_P(StoreConformance, Case96ARestoreEndsInitialAccessTokens) {
  const auto token = token_of(world);
  world.must({AddInitialAccessToken{token}});
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({SpendInitialAccessToken{token.handle}});
  world.restore(backup);
  world.accept_restored();
  EXPECT_EQ(reason_of(world.registrations().find_initial_access_token(kPool, world.realm.id, token.digest)), Reason::initial_token_wrong);
  EXPECT_EQ(world.refused({SpendInitialAccessToken{token.handle}}), Reason::initial_token_wrong);
}

TEST_P(StoreConformance, Case96ACopyIsNoticedByAnInitialAccessTokenThatWasWithdrawn) {
  const auto token = token_of(world);
  world.must({AddInitialAccessToken{token}});
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({WithdrawInitialAccessToken{token.handle}});
  world.restore(backup);
  EXPECT_THROW(world.open(), std::runtime_error);
  world.accept_restored();
  const auto& again = world.store().withdrawn_again();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].kind, Withdrawal::Kind::initial_access_token_withdrawn);
  EXPECT_EQ(again[0].object, "initial-access-token:" + token.handle.str());
}

TEST_P(StoreConformance, Case96AClientThatTookSomethingOutOfItselfComesBackDisabled) {
  auto narrowed = world.client;
  narrowed.handle = Handle::random();
  narrowed.client_id = "narrowed";
  narrowed.policy.edit().redirect_uris = {"https://app.example/cb", "https://taken-over.example/cb"};
  world.must({PutClient{narrowed}});
  world.close();
  const auto backup = GetParam().back_up(world.place());
  const auto same_backup = GetParam().back_up(world.place());
  world.open();
  narrowed.policy.edit().redirect_uris.pop_back();
  world.must({PutClient{.client = narrowed, .keeps_enabled = true, .narrows = true}});
  EXPECT_TRUE(world.config().find_client(kPool, narrowed.handle)->enabled) << "it goes on as it is now";
  world.restore(backup);
  world.accept_restored();
  const auto& again = world.store().withdrawn_again();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].object, "client:narrowed");
  EXPECT_FALSE(world.config().find_client(kPool, narrowed.handle)->enabled);
  EXPECT_TRUE(world.config().find_client(kPool, world.client.handle)->enabled);

  narrowed.enabled = true;
  world.must({PutClient{narrowed}});
  world.restore(same_backup);
  world.accept_restored();
  EXPECT_FALSE(world.config().find_client(kPool, narrowed.handle)->enabled) << "enabled after the first restore, with another policy";
}

TEST_P(StoreConformance, WhoChangesAClientMayLeaveItDisabled) {
  auto client = world.client;
  client.enabled = false;
  world.must({PutClient{client}});
  client.enabled = true;
  client.policy.edit().name = "changed";
  world.must({PutClient{client, true}});
  const auto found = world.config().find_client(kPool, client.handle);
  EXPECT_FALSE(found->enabled);
  EXPECT_EQ(found->policy->name, "changed");
  EXPECT_EQ(world.count("withdrawal"), 1) << "nothing was given back";
  world.must({PutClient{client}});
  EXPECT_TRUE(world.config().find_client(kPool, client.handle)->enabled);
}

TEST_P(StoreConformance, ARegistrationGoesWithItsClient) {
  const model::Registration registration{.client = world.client.handle,
                                         .digest = base::sha256("token"),
                                         .by = Handle::random(),
                                         .at = kNow,
                                         .about = "{\"client_uri\":\"https://a.example\"}"};
  EXPECT_EQ(reason_of(world.registrations().find_registration(kPool, world.client.handle)), Reason::record_missing);
  world.must({PutRegistration{registration}});
  auto changed = registration;
  changed.about = "{}";
  changed.by = Handle::random();
  world.must({PutRegistration{changed}});
  const auto found = world.registrations().find_registration(kPool, world.client.handle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, registration.digest);
  EXPECT_EQ(found->by, registration.by) << "who registered it never changes";
  EXPECT_EQ(found->at, registration.at);
  EXPECT_EQ(found->about, "{}");
  world.must({RemoveClient{world.client.handle}});
  EXPECT_EQ(reason_of(world.registrations().find_registration(kPool, world.client.handle)), Reason::record_missing);
  EXPECT_EQ(world.count("client_registration"), 0);
}

}  // namespace
}  // namespace tessera::store
