#include <array>

#include "store/store_conformance.h"

namespace tessera::store {
namespace {

TEST_P(StoreConformance, AFamilyComesBackAsItWasOpened) {
  const auto session = world.session();
  auto made = world.family();
  made.session = session.handle;
  made.claims = "userinfo:email";
  ASSERT_TRUE(world.sessions().open(kPool, session, made));
  const auto found = world.sessions().find_family(kPool, made.handle);
  ASSERT_TRUE(found);
  EXPECT_EQ(std::tie(found->realm, found->client, found->secret, found->user, found->session),
            std::tie(made.realm, made.client, made.secret, made.user, made.session));
  EXPECT_EQ(std::tie(found->nonce, found->scope, found->claims, found->created_at, found->last_used_at, found->idle_ttl_s, found->rev,
                     found->ended),
            std::tie(made.nonce, made.scope, made.claims, made.created_at, made.last_used_at, made.idle_ttl_s, made.rev, made.ended));
  EXPECT_EQ(world.sessions().find_session(kPool, session.handle)->user, world.user.handle);
  EXPECT_EQ(world.sessions().sessions_of(world.user.handle)->size(), 1U);
}

TEST_P(StoreConformance, ARotationStartsFromTheSameRecords) {
  const auto session = world.session();
  auto made = world.family();
  made.session = session.handle;
  made.claims = "userinfo:email";
  ASSERT_TRUE(world.sessions().open(kPool, session, made));
  for (int time = 0; time < 2; ++time) {  // read, then remembered
    const auto found = world.sessions().find_for_rotation(kPool, made.handle);
    ASSERT_TRUE(found && found->session);
    const auto& family = found->family;
    EXPECT_EQ(std::tie(family.handle, family.realm, family.client, family.secret, family.user, family.session),
              std::tie(made.handle, made.realm, made.client, made.secret, made.user, made.session));
    EXPECT_EQ(std::tie(family.nonce, family.scope, family.claims, family.created_at, family.last_used_at, family.idle_ttl_s, family.rev,
                       family.ended),
              std::tie(made.nonce, made.scope, made.claims, made.created_at, made.last_used_at, made.idle_ttl_s, made.rev, made.ended));
    EXPECT_EQ(std::tie(found->session->handle, found->session->user, found->session->created_at),
              std::tie(session.handle, session.user, session.created_at));
  }
  auto bare = world.family();
  bare.secret = bare.user = Handle{};
  const auto alone = world.sessions().find_for_rotation(kPool, world.opened(bare).handle);
  ASSERT_TRUE(alone);
  EXPECT_FALSE(alone->session);
  EXPECT_EQ(std::tie(alone->family.secret, alone->family.user), std::tie(bare.secret, bare.user));
  EXPECT_EQ(reason_of(world.sessions().find_for_rotation(kPool, Handle::random())), Reason::refresh_unknown);
}

TEST_P(StoreConformance, ARevocationSinceItsRevKeepsAFamilyFromOpening) {
  for (const auto& [kind, id] : std::initializer_list<std::pair<Kind, Handle>>{{Kind::realm, world.realm.handle},
                                                                               {Kind::client, world.client.handle},
                                                                               {Kind::user, world.user.handle},
                                                                               {Kind::secret, world.secret.handle}}) {
    const auto before = head();
    world.must({Revoke{kind, id}});
    EXPECT_EQ(reason_of(world.sessions().open(kPool, std::nullopt, world.family(before))), Reason::refresh_ended);
    EXPECT_TRUE(world.sessions().open(kPool, std::nullopt, world.family(before + 1)));
  }
}

TEST_P(StoreConformance, ARevocationEndsTheFamiliesBelowIt) {
  const std::pair<Kind, Handle> cases[] = {{Kind::realm, world.realm.handle},
                                           {Kind::client, world.client.handle},
                                           {Kind::user, world.user.handle},
                                           {Kind::secret, world.secret.handle}};
  for (const auto& [kind, id] : cases) {
    const auto family = world.opened(world.family(head()));
    world.must({Revoke{kind, id, false}});
    EXPECT_TRUE(world.rotate(family, 0)) << "a suspension does not end it";
    world.must({Revoke{kind, id}});
    EXPECT_EQ(reason_of(world.rotate(family, 1)), Reason::refresh_ended);
    EXPECT_EQ(reason_of(world.sessions().touch(kPool, family.handle, true)), Reason::refresh_ended);
    EXPECT_TRUE(world.sessions().find_family(kPool, family.handle)->ended);
  }
}

TEST_P(StoreConformance, ARevokedFamilyStaysEnded) {
  const auto family = world.opened(world.family());
  const auto other = world.opened(world.family());
  world.must({Revoke{Kind::family, family.handle}});
  world.must({Revoke{Kind::family, family.handle}});
  EXPECT_EQ(reason_of(world.rotate(family, 0)), Reason::refresh_ended);
  EXPECT_TRUE(world.rotate(other, 0));
}

TEST_P(StoreConformance, ASessionTakesItsFamiliesWithIt) {
  const auto session = world.session();
  auto family = world.family();
  family.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  const auto offline = world.opened(world.family());
  world.must({Revoke{Kind::session, session.handle}});
  EXPECT_EQ(reason_of(world.rotate(family, 0)), Reason::refresh_ended);
  EXPECT_TRUE(world.rotate(offline, 0)) << "a family without that session lives on";
  EXPECT_TRUE(world.sessions().find_session(kPool, session.handle)->ended);
  auto late = world.family(head());
  late.session = session.handle;
  EXPECT_EQ(reason_of(world.sessions().open(kPool, std::nullopt, late)), Reason::refresh_ended);
}

TEST_P(StoreConformance, ASessionOlderThanTheUsersRevocationCarriesNoFamily) {
  const auto session = world.session();
  auto first = world.family();
  first.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, first));
  world.must({Revoke{Kind::user, world.user.handle}});
  auto next = world.family(head());
  next.session = session.handle;
  EXPECT_EQ(reason_of(world.sessions().open(kPool, std::nullopt, next)), Reason::refresh_ended);
  EXPECT_TRUE(world.sessions().find_session(kPool, session.handle)->ended);
}

TEST_P(StoreConformance, TheEndOfASessionConcernsTheClientsThatHaveAFamilyInIt) {
  const model::Client other{.handle = Handle::random(), .realm = world.realm.id, .client_id = "other"};
  world.must({PutClient{other}});
  const auto opened_in = [&](const model::Session& session, const Handle& client) {
    auto family = world.family(head());
    family.session = session.handle;
    family.client = client;
    if (client != world.client.handle) family.secret = {};
    EXPECT_TRUE(world.sessions().open(kPool, std::nullopt, family));
  };
  const auto begun = [&] {
    const auto session = world.session(head());
    EXPECT_TRUE(world.authorizations().begin_session(kPool, session));
    return session;
  };
  const auto [first, second, idle] = std::array{begun(), begun(), begun()};
  opened_in(first, world.client.handle);
  opened_in(first, world.client.handle);
  opened_in(first, other.handle);
  opened_in(second, other.handle);
  EXPECT_EQ(world.sessions().parties_of_session(first.handle)->size(), 2U);
  EXPECT_TRUE(world.sessions().parties_of_session(idle.handle)->empty());
  EXPECT_TRUE(world.sessions().parties_of_user(world.user.handle)->empty()) << "none has ended";

  world.must({Revoke{Kind::session, first.handle}});
  EXPECT_EQ(world.sessions().parties_of_session(first.handle)->size(), 2U) << "those that ended with it";
  world.must({Revoke{Kind::user, world.user.handle}});
  opened_in(begun(), world.client.handle);
  EXPECT_EQ(*world.sessions().parties_of_user(world.user.handle),
            (std::vector<SessionParty>{{second.handle, world.user.handle, other.handle}}))
      << "neither what ended before, nor what began since";
}

TEST_P(StoreConformance, AFailedFamilyLeavesNoSession) {
  world.must({Revoke{Kind::client, world.client.handle}});
  const auto session = world.session(1);
  auto family = world.family(0);
  family.session = session.handle;
  EXPECT_EQ(reason_of(world.sessions().open(kPool, session, family)), Reason::refresh_ended);
  EXPECT_EQ(reason_of(world.sessions().find_session(kPool, session.handle)), Reason::record_missing);
}

TEST_P(StoreConformance, WhatIsDisabledBlocksUntilItIsEnabled) {
  const auto family = world.opened(world.family());
  for (const bool enabled : {false, true}) {
    world.client.enabled = enabled;
    world.must({PutClient{world.client}});
    EXPECT_EQ(world.rotate(family, 0).has_value(), enabled);
  }
  world.user.enabled = false;
  world.must({PutUser{world.user}});
  EXPECT_EQ(reason_of(world.rotate(family, 1)), Reason::refresh_ended);
  EXPECT_EQ(reason_of(world.sessions().open(kPool, std::nullopt, world.family())), Reason::refresh_ended);
  EXPECT_FALSE(world.sessions().find_family(kPool, family.handle)->ended);
}

TEST_P(StoreConformance, ADeletedSecretOpensNothingButEndsNothing) {
  const auto family = world.opened(world.family());
  world.must({EndSecret{world.secret.handle}, Revoke{Kind::secret, world.secret.handle, false}});
  EXPECT_TRUE(world.rotate(family, 0));
  EXPECT_EQ(reason_of(world.sessions().open(kPool, std::nullopt, world.family(head()))), Reason::refresh_ended);
}

}  // namespace
}  // namespace tessera::store
