#include <limits>

#include "store/store_conformance.h"

namespace tessera::store {
namespace {

TEST_P(StoreConformance, EachUseMovesTheFamilyOn) {
  const auto family = world.opened(world.family());
  for (int generation = 0; generation < 3; ++generation) {
    const auto rotation = world.rotate(family, generation, at(generation));
    ASSERT_TRUE(rotation);
    EXPECT_TRUE(rotation->moved);
    EXPECT_EQ(rotation->family.generation, generation + 1);
    EXPECT_EQ(rotation->family.last_used_at, at(generation).now);
    EXPECT_EQ(rotation->family.client, world.client.handle);
    EXPECT_EQ(rotation->family.secret, world.secret.handle);
    EXPECT_EQ(rotation->family.user, world.user.handle);
    EXPECT_EQ(rotation->family.realm, world.realm.id);
    EXPECT_EQ(rotation->family.nonce, family.nonce);
  }
}

TEST_P(StoreConformance, TheOneBeforeIsForgivenWithinTheLeeway) {
  const auto family = world.opened(world.family());
  ASSERT_TRUE(world.rotate(family, 0, at(0), 10));
  const auto again = world.rotate(family, 0, at(10), 10);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->moved);
  EXPECT_EQ(again->family.generation, 1);
  EXPECT_EQ(again->family.last_used_at, kNow);
  EXPECT_EQ(reason_of(world.rotate(family, 0, at(11), 10)), Reason::refresh_reused);
}

TEST_P(StoreConformance, ReuseEndsTheFamilyAndEntersTheJournal) {
  const auto family = world.opened(world.family());
  ASSERT_TRUE(world.rotate(family, 0));
  EXPECT_EQ(reason_of(world.rotate(family, 0)), Reason::refresh_reused);
  ASSERT_EQ(world.ended.size(), 1U);
  EXPECT_EQ(world.ended.front().kind, Kind::family);
  EXPECT_EQ(world.ended.front().id, family.handle);
  EXPECT_EQ(world.ended.front().prune_after_s, base::to_s(kNow) + 3'600) << "while a token of the family may live";
  EXPECT_EQ(*world.journal().entries_after(world.realm.id, 0, 10), world.ended);
  EXPECT_EQ(reason_of(world.rotate(family, 1)), Reason::refresh_ended) << "the good one dies with it";
  EXPECT_EQ(world.ended.size(), 1U);
}

TEST_P(StoreConformance, ALeewayEndsWhenTheSuccessorIsUsed) {
  const auto family = world.opened(world.family());
  ASSERT_TRUE(world.rotate(family, 0, at(0), 60));
  ASSERT_TRUE(world.rotate(family, 1, at(1), 60));
  EXPECT_EQ(reason_of(world.rotate(family, 0, at(2), 60)), Reason::refresh_reused);
}

TEST_P(StoreConformance, OnlyTheSameShowingIsForgiven) {
  const auto family = world.opened(world.family());
  ASSERT_TRUE(world.rotate(family, 0, at(0), 60, 7));
  EXPECT_TRUE(world.rotate(family, 0, at(1), 60, 7));
  EXPECT_EQ(reason_of(world.rotate(family, 0, at(2), 60, 8)), Reason::refresh_reused);
  EXPECT_EQ(reason_of(world.rotate(family, 0, at(2), 60, 7)), Reason::refresh_ended);
  EXPECT_EQ(world.ended.size(), 1U);
}

TEST_P(StoreConformance, AClockThatSteppedBackForgivesNothing) {
  const auto family = world.opened(world.family());
  ASSERT_TRUE(world.rotate(family, 0, at(0), 10));
  EXPECT_EQ(reason_of(world.rotate(family, 0, at(-3'600), 10)), Reason::refresh_reused);
}

TEST_P(StoreConformance, AGenerationAheadIsRefusedAndHarmsNothing) {
  const auto family = world.opened(world.family());
  EXPECT_EQ(reason_of(world.rotate(family, 1)), Reason::refresh_ahead);
  EXPECT_EQ(reason_of(world.rotate(family, std::numeric_limits<std::int64_t>::max())), Reason::refresh_ahead);
  EXPECT_TRUE(world.rotate(family, 0));
  EXPECT_EQ(reason_of(world.rotate(world.family(), 0)), Reason::refresh_unknown);
}

TEST_P(StoreConformance, FamiliesExpireAndIdleOut) {
  auto absolute = world.family();
  absolute.expires_at_s = base::to_s(kNow) + 100;
  absolute.idle_ttl_s = 0;
  world.opened(absolute);
  EXPECT_TRUE(world.rotate(absolute, 0, at(99)));
  EXPECT_EQ(reason_of(world.rotate(absolute, 1, at(100))), Reason::refresh_expired);
  const auto idle = world.opened(world.family());
  EXPECT_TRUE(world.rotate(idle, 0, at(1'799)));
  EXPECT_TRUE(world.rotate(idle, 1, at(3'598))) << "the idle clock starts anew";
  EXPECT_EQ(reason_of(world.rotate(idle, 2, at(5'398))), Reason::refresh_expired);
}

TEST_P(StoreConformance, AnExpiredSessionExpiresItsFamilies) {
  auto session = world.session();
  session.expires_at_s = base::to_s(kNow) + 50;
  auto family = world.family();
  family.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  EXPECT_TRUE(world.rotate(family, 0, at(49)));
  EXPECT_EQ(reason_of(world.rotate(family, 1, at(50))), Reason::refresh_expired);
}

TEST_P(StoreConformance, OfManyParallelUsesOneWinsWithoutLeeway) {
  const auto family = world.opened(world.family());
  std::atomic<int> moved = 0;
  std::atomic<int> reused = 0;
  std::atomic<int> ended = 0;
  in_parallel(100, [&](int) {
    std::vector<model::RevocationEvent> events;
    const auto rotation = world.sessions().rotate(kPool, family, {}, 0, events);
    EXPECT_TRUE(!rotation || rotation->moved);
    moved += rotation.has_value();
    reused += !rotation && rotation.error().reason == Reason::refresh_reused;
    ended += !rotation && rotation.error().reason == Reason::refresh_ended;
    EXPECT_EQ(events.size(), !rotation && rotation.error().reason == Reason::refresh_reused ? 1U : 0U);
  });
  EXPECT_EQ(moved, 1);
  EXPECT_EQ(reused, 1);
  EXPECT_EQ(ended, 98);
  EXPECT_EQ(head(), 1);
}

TEST_P(StoreConformance, OfManyParallelUsesAllGetOneSuccessorWithLeeway) {
  const auto family = world.opened(world.family());
  std::atomic<int> moved = 0;
  in_parallel(50, [&](int) {
    std::vector<model::RevocationEvent> events;
    const auto rotation = world.sessions().rotate(kPool, family, {}, 10, events);
    ASSERT_TRUE(rotation);
    EXPECT_EQ(rotation->family.generation, 1);
    moved += rotation->moved;
  });
  EXPECT_EQ(moved, 1);
  EXPECT_EQ(world.sessions().find_family(kPool, family.handle)->generation, 1);
}

TEST_P(StoreConformance, TouchWritesOnlyWhenTheClockIsOldEnough) {
  auto family = world.family();
  family.mode = model::RefreshMode::fixed;
  family.idle_ttl_s = 3'000;
  const auto session = world.session();
  family.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  EXPECT_EQ(world.sessions().touch(at(100), family.handle, true)->last_used_at, kNow);
  Turn io = at(101);
  io.lane = Lane::io;
  EXPECT_EQ(reason_of(world.sessions().touch(io, family.handle, true)), Reason::would_wait);
  EXPECT_EQ(world.sessions().touch(at(101), family.handle, true)->last_used_at, at(101).now);
  EXPECT_EQ(world.sessions().find_session(kPool, session.handle)->last_used_at, at(101).now);
  EXPECT_EQ(world.sessions().find_family(kPool, family.handle)->generation, 0);
}

TEST_P(StoreConformance, TheIdleClockOfAFixedTokenIsReadWithItsSlack) {
  auto family = world.family();
  family.mode = model::RefreshMode::fixed;
  family.idle_ttl_s = 3'000;
  world.opened(family);
  EXPECT_TRUE(world.sessions().touch(at(3'099), family.handle, true));
  EXPECT_EQ(reason_of(world.sessions().touch(at(3'099 + 3'100), family.handle, true)), Reason::refresh_expired);
  EXPECT_EQ(reason_of(world.sessions().touch(kPool, Handle::random(), true)), Reason::refresh_unknown);
}

TEST_P(StoreConformance, TheSweepTakesTheDeadAndLeavesTheLiving) {
  auto expired = world.family();
  expired.expires_at_s = base::to_s(kNow) + 10;
  world.opened(expired);
  const auto ended = world.opened(world.family());
  auto living = world.family();
  living.idle_ttl_s = 0;
  world.opened(living);
  const auto idle = world.opened(world.family());
  world.must({Revoke{Kind::family, ended.handle}});
  const auto sweep = [&](TimePoint before, int limit) { return world.sessions().sweep(before, limit)->families; };
  EXPECT_EQ(sweep(kNow, 10), 0);
  EXPECT_EQ(sweep(at(1'000).now, 1), 1) << "at most the limit";
  EXPECT_EQ(sweep(at(1'000).now, 10) + sweep(at(1'000).now, 10), 1);
  EXPECT_TRUE(world.sessions().find_family(kPool, idle.handle));
  EXPECT_EQ(sweep(at(10'000).now, 10), 1);
  EXPECT_TRUE(world.sessions().find_family(kPool, living.handle));
  EXPECT_EQ(reason_of(world.sessions().find_family(kPool, ended.handle)), Reason::refresh_unknown);
}

TEST_P(StoreConformance, TheSweepTakesWhatARemovedClientOrUserLeft) {
  const model::Client other{.handle = Handle::random(), .realm = world.realm.id, .client_id = "other"};
  world.must({PutClient{other}});
  auto of_client = world.family();
  of_client.client = other.handle;
  of_client.secret = of_client.user = {};
  auto of_user = world.family();
  auto living = world.family();
  living.user = {};
  for (auto* family : {&of_client, &of_user, &living}) {
    family->idle_ttl_s = 0;  // no end of its own
    world.opened(*family);
  }
  EXPECT_EQ(world.sessions().sweep(at(100).now, 10)->families, 0);
  world.must({RemoveClient{other.handle}});
  world.must({RemoveUser{world.user.handle}});
  EXPECT_EQ(world.sessions().sweep(at(100).now, 10)->families, 2);
  EXPECT_TRUE(world.sessions().find_family(kPool, living.handle));
}

TEST_P(StoreConformance, TheSweepTakesSessionsThatNobodyCanUseAnyMore) {
  const auto open = [&](std::int64_t session_expires_at_s, std::int64_t family_expires_at_s) {
    auto session = world.session();
    session.expires_at_s = session_expires_at_s;
    auto family = world.family();
    family.idle_ttl_s = 0;
    family.expires_at_s = family_expires_at_s;
    family.session = session.handle;
    EXPECT_TRUE(world.sessions().open(kPool, session, family));
    return session.handle;
  };
  const auto soon_s = base::to_s(kNow) + 10;
  const auto expired = open(soon_s, 0);
  const auto abandoned = open(0, soon_s);
  const auto ended = open(0, 0);
  const auto living = open(0, 0);
  world.must({Revoke{Kind::session, ended}});
  EXPECT_EQ(world.sessions().sweep(kNow, 10)->sessions, 0);
  EXPECT_EQ(world.sessions().sweep(at(100).now, 2)->sessions, 2) << "at most the limit";
  EXPECT_EQ(world.sessions().sweep(at(100).now, 10)->sessions + world.sessions().sweep(at(100).now, 10)->sessions, 1);
  for (const auto& gone : {expired, abandoned, ended})
    EXPECT_EQ(reason_of(world.sessions().find_session(kPool, gone)), Reason::record_missing);
  EXPECT_TRUE(world.sessions().find_session(kPool, living));
}

TEST_P(StoreConformance, ASweepOfManyRowsTakesThemAll) {
  constexpr int kRows = 450;  // several transactions
  auto family = world.family();
  family.expires_at_s = base::to_s(kNow) + 10;
  for (int i = 0; i < kRows; ++i) {
    family.handle = Handle::random();
    world.opened(family);
  }
  EXPECT_EQ(world.sessions().sweep(at(100).now, 1'000)->families, kRows);
  EXPECT_EQ(world.sessions().sweep(at(100).now, 1'000)->families, 0);
}

}  // namespace
}  // namespace tessera::store
