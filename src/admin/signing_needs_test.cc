#include "admin/signing_needs.h"

#include "admin/test_world.h"

namespace tessera::admin {
namespace {

/// A realm as an earlier version left it: its clients had no algorithm of their own, and it no key for the one that they have now.
struct Old : World {
  Old() {
    apply("[realm]\nname = \"bank\"\nscopes = [\"openid\"]");
    model::Client client{.handle = Handle::random(), .realm = realm_id("bank"), .client_id = "web"};
    client.policy.edit().scopes = {"openid"};
    EXPECT_TRUE(revocations.commit(turn_of(services), {store::PutClient{client}}, {}));
  }
  std::size_t signing(std::string_view alg) {
    std::size_t count = 0;
    const auto keys = store->config().keys(realm_id("bank"));
    for (const auto& key : *keys) count += key.alg == alg && key.state == store::KeyRecord::State::signing ? 1 : 0;
    return count;
  }
};

TEST(SigningNeeds, AnOldRealmGetsTheKeyThatItsClientsNeedOnce) {
  Old world;
  EXPECT_EQ(world.signing("RS256"), 0U);
  ASSERT_TRUE(complete_keys(world.services));
  EXPECT_EQ(world.signing("RS256"), 1U);
  EXPECT_TRUE(world.keyring.realm(world.realm_id("bank"))->signing.contains("RS256"));
  const auto records = *world.store->config().audit_tail(world.realm_id("bank"), 1);
  EXPECT_EQ(records.front().actor, "server");
  EXPECT_EQ(records.front().action, "key.add");
  ASSERT_TRUE(complete_keys(world.services));
  EXPECT_EQ(world.signing("RS256"), 1U);
  EXPECT_EQ(world.signing("ES256"), 1U);
}

TEST(SigningNeeds, ARealmWithoutOpenIdConnectNeedsNone) {
  World world;
  world.apply(kRealmFile);
  const auto before = world.store->config().keys(world.realm_id("bank"))->size();
  ASSERT_TRUE(complete_keys(world.services));
  EXPECT_EQ(world.store->config().keys(world.realm_id("bank"))->size(), before);
}

TEST(SigningNeeds, HealthTellsOfAMissingKey) {
  Old world;
  const auto tells = [&] {
    const auto findings = world.operations.examine();
    for (const auto& finding : *findings)
      if (finding.level == "fail" && finding.what.find("client web of realm bank is given what RS256 signs") == 0) return true;
    return false;
  };
  EXPECT_TRUE(tells());
  ASSERT_TRUE(complete_keys(world.services));
  EXPECT_FALSE(tells());
}

TEST(SigningNeeds, HealthTellsOfEachKeyThatIsOld) {
  Old world;
  ASSERT_TRUE(complete_keys(world.services));
  const auto old_keys = [&] {
    std::size_t count = 0;
    const auto findings = world.operations.examine();
    for (const auto& finding : *findings)
      if (finding.level == "warn" && finding.what.starts_with("realm bank signs with a key from")) ++count;
    return count;
  };
  EXPECT_EQ(old_keys(), 0U);
  world.clock.advance_s(400 * 86'400LL);
  EXPECT_EQ(old_keys(), 2U) << "ES256 and RS256";
  ASSERT_TRUE(world.operations.rotate_key("bank", "RS256"));
  EXPECT_EQ(old_keys(), 1U);
}

}  // namespace
}  // namespace tessera::admin
