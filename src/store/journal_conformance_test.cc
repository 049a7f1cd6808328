#include "store/store_conformance.h"

namespace tessera::store {
namespace {

TEST_P(StoreConformance, EntriesComeBackAsTheyWereAppended) {
  const Revoke revoke{.kind = Kind::client, .id = world.client.handle, .iat_before_s = 77, .prune_after_s = 1'900'000'000};
  const auto events = world.must(
      {revoke,
       Revoke{.kind = Kind::token, .id = Handle::random(), .prune_after_s = 50, .realm = world.realm.id, .client = world.client.handle}});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (model::RevocationEvent{world.realm.id, 1, Kind::client, world.client.handle, kNow, 77, 1'900'000'000}));
  EXPECT_EQ(*world.journal().entries_after(world.realm.id, 0, 10), events);
  EXPECT_EQ(world.journal().entries_after(world.realm.id, 1, 10)->front(), events[1]);
  EXPECT_EQ(world.journal().entries_after(world.realm.id, 0, 1)->size(), 1U);
  const auto client = world.config().find_client(kPool, world.client.handle);
  EXPECT_EQ(client->revoked_seq, 1);
  EXPECT_EQ(client->ended_seq, 1);
  EXPECT_EQ(client->not_before_s, 77);
}

TEST_P(StoreConformance, ATokenWithoutARealmCantBeRevoked) {
  EXPECT_EQ(world.refused({Revoke{Kind::token, Handle::random()}}), Reason::record_missing);
  EXPECT_EQ(world.refused({Revoke{Kind::client, Handle::random()}}), Reason::record_missing);
  EXPECT_EQ(head(), 0);
}

TEST_P(StoreConformance, NotBeforeOnlyRises) {
  world.must({Revoke{.kind = Kind::realm, .id = world.realm.handle, .iat_before_s = 100},
              Revoke{.kind = Kind::realm, .id = world.realm.handle, .iat_before_s = 50}});
  EXPECT_EQ(world.config().realms()->front().not_before_s, 100);
}

TEST_P(StoreConformance, NumbersHaveNoGapsUnderParallelCommits) {
  constexpr int kThreads = 8;
  constexpr int kEach = 10;
  in_parallel(kThreads, [&](int) {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_TRUE(world.config().commit(kPool, {Revoke{Kind::client, world.client.handle, false}}, {}));
      // A commit that fails after it took a number gives it back.
      EXPECT_FALSE(world.config().commit(kPool, {Revoke{Kind::client, world.client.handle, false}, EndSecret{Handle::random()}}, {}));
    }
  });
  EXPECT_EQ(head(), kThreads * kEach);
  const auto entries = world.journal().entries_after(world.realm.id, 0, 1'000);
  ASSERT_EQ(entries->size(), static_cast<std::size_t>(kThreads * kEach));
  for (std::size_t i = 0; i < entries->size(); ++i) EXPECT_EQ((*entries)[i].number, static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->revoked_seq, kThreads * kEach);
}

TEST_P(StoreConformance, EachRealmCountsForItself) {
  world.must({PutRealm{{.handle = Handle::random(), .name = "other"}}});
  const auto realms = *world.config().realms();
  ASSERT_EQ(realms.size(), 2U);
  world.must({Revoke{Kind::realm, realms[0].handle}, Revoke{Kind::realm, realms[0].handle}, Revoke{Kind::realm, realms[1].handle}});
  EXPECT_EQ(*world.journal().head(realms[0].id), 2);
  EXPECT_EQ(*world.journal().head(realms[1].id), 1);
}

TEST_P(StoreConformance, PruningDropsWhatIsPastAndKeepsTheHead) {
  const auto revoke_token = [&](std::int64_t prune_after_s) {
    return Revoke{.kind = Kind::token, .id = Handle::random(), .prune_after_s = prune_after_s, .realm = world.realm.id};
  };
  world.must({revoke_token(10), revoke_token(20), revoke_token(30), Revoke{.kind = Kind::client, .id = world.client.handle}});
  EXPECT_EQ(*world.journal().prune(world.realm.id, 20, 10), 1);
  EXPECT_EQ(*world.journal().prune(world.realm.id, 1'000, 1), 1) << "at most the limit";
  EXPECT_EQ(*world.journal().prune(world.realm.id, 1'000, 10), 1);
  EXPECT_EQ(world.journal().entries_after(world.realm.id, 0, 10)->front().number, 4);
  EXPECT_EQ(head(), 4);
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->ended_seq, 4);
}

TEST_P(StoreConformance, TokensOfARevokedClientNeedNoEntriesOfTheirOwn) {
  const auto revoke_token = [&](const Handle& client) {
    world.must({Revoke{.kind = Kind::token, .id = Handle::random(), .prune_after_s = 10, .realm = world.realm.id, .client = client}});
  };
  const auto drop = [&](int limit) { return *world.journal().drop_covered_tokens(world.realm.id, world.client.handle, limit); };
  revoke_token(world.client.handle);
  revoke_token(world.client.handle);
  revoke_token(Handle{});
  EXPECT_EQ(drop(10), 0);
  world.must({Revoke{Kind::client, world.client.handle, false}});
  revoke_token(world.client.handle);
  EXPECT_EQ(drop(1), 1) << "at most the limit";
  EXPECT_EQ(drop(10), 1);
  EXPECT_EQ(drop(10), 0);
  EXPECT_EQ(world.journal().entries_after(world.realm.id, 0, 10)->size(), 3U);
}

TEST_P(StoreConformance, EpochsCountFromOne) {
  EXPECT_EQ(*world.journal().epoch(), 1);
  EXPECT_EQ(*world.journal().start_epoch(), 2);
  world.reopen();
  EXPECT_EQ(*world.journal().epoch(), 2);
}

}  // namespace
}  // namespace tessera::store
