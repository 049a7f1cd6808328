#include "store/store_conformance.h"

namespace tessera::store {
namespace {

const std::int64_t kYearS = base::to_s(kNow) + 31'536'000;

std::int64_t ordinary_expiry_s(const World& world) { return base::to_s(kNow) + world.client.policy->access_ttl_s; }

/// When the entry that this appends may be pruned.
std::int64_t prune_after_s(World& world, model::RevocationKind kind, const Handle& id) {
  return world.must({Revoke{.kind = kind, .id = id, .prune_after_s = 1}}).front().prune_after_s;
}

TEST_P(StoreConformance, AnEntryIsKeptForAsLongAsAnyTokenThatItKills) {
  const auto session = world.session();
  auto family = world.family();
  family.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  const std::pair<Kind, Handle> named[] = {{Kind::family, family.handle},
                                           {Kind::session, session.handle},
                                           {Kind::secret, world.secret.handle},
                                           {Kind::client, world.client.handle}};
  for (const auto& [kind, id] : named) EXPECT_EQ(prune_after_s(world, kind, id), ordinary_expiry_s(world)) << static_cast<int>(kind);
  world.must({RaiseMaxExpiry{world.client.handle, kYearS}});
  for (const auto& [kind, id] : named) EXPECT_EQ(prune_after_s(world, kind, id), kYearS) << static_cast<int>(kind);
  EXPECT_EQ(world.must({Revoke{.kind = Kind::session, .id = session.handle}}).front().prune_after_s, 0) << "for ever it stays";
}

TEST_P(StoreConformance, ASessionIsKeptDeadForTheLongestOfItsClients) {
  const model::Client other{.handle = Handle::random(), .realm = world.realm.id, .client_id = "other"};
  world.must({PutClient{other}, RaiseMaxExpiry{other.handle, kYearS}});
  const auto session = world.session();
  auto family = world.family();
  family.session = session.handle;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  EXPECT_EQ(prune_after_s(world, Kind::session, session.handle), ordinary_expiry_s(world));
  const auto next = world.session();
  family = world.family(head());
  family.session = next.handle;
  ASSERT_TRUE(world.sessions().open(kPool, next, family));
  family = world.family(head());
  family.session = next.handle;
  family.client = other.handle;
  family.secret = {};
  ASSERT_TRUE(world.sessions().open(kPool, std::nullopt, family));
  EXPECT_EQ(prune_after_s(world, Kind::session, next.handle), kYearS);
}

TEST_P(StoreConformance, ASessionRemembersTheTokensOfAFamilyThatWasSwept) {
  world.must({RaiseMaxExpiry{world.client.handle, kYearS}});
  auto session = world.session();
  session.last_used_at = at(5'000).now;
  auto family = world.family();
  family.session = session.handle;
  family.expires_at_s = base::to_s(kNow) + 10;
  ASSERT_TRUE(world.sessions().open(kPool, session, family));
  EXPECT_EQ(world.sessions().sweep(at(1'000).now, 10)->families, 1);
  EXPECT_EQ(prune_after_s(world, Kind::session, session.handle), kYearS);
}

}  // namespace
}  // namespace tessera::store
