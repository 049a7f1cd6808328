#include "keys/server_secrets.h"

#include <gtest/gtest.h>

#include <set>

#include "keys/sealed_values.h"
#include "store/sql_store.h"

namespace tessera::keys {
namespace {

const TimePoint kNow = base::from_s(1'900'000'000);

std::vector<Secret> masters(std::string_view letters) {
  std::vector<Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(32, letter));
  return keys;
}

class ServerSecrets : public testing::Test {
 protected:
  void add_realm() {
    model::Realm realm{.handle = Handle::random(), .name = "bank"};
    ASSERT_TRUE(config().commit({kNow, Lane::pool}, {store::PutRealm{realm}}, {}));
  }
  store::ConfigStore& config() { return store_->config(); }
  std::string secret(const Sealer& sealer, std::string_view purpose = kClientSecretPepper) {
    return std::string(server_secret(config(), sealer, purpose, kNow)->reveal());
  }

  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory();
  const Sealer old_{masters("a")};
  const Sealer both_{masters("ba")};
};

TEST_F(ServerSecrets, OfANewDatabaseAreRandomAndStay) {
  std::set<std::string> seen{std::string(old_.derive(kClientSecretPepper).reveal()), std::string(old_.derive(kPasswordNaming).reveal())};
  for (const auto purpose : {kClientSecretPepper, kPasswordNaming}) {
    const auto made = secret(old_, purpose);
    EXPECT_EQ(made.size(), 32u);
    EXPECT_TRUE(seen.insert(made).second);
    add_realm();
    EXPECT_EQ(secret(both_, purpose), made);
    seen.clear();
  }
}

// What was imported before they were kept still matches.
TEST_F(ServerSecrets, OfADatabaseFromBeforeThemAreWhatTheyWere) {
  add_realm();
  for (const auto purpose : {kClientSecretPepper, kPasswordNaming}) EXPECT_EQ(secret(both_, purpose), old_.derive(purpose).reveal());
}

TEST_F(ServerSecrets, OutliveTheMasterKeyThatTheyWereDerivedFrom) {
  add_realm();
  const auto kept = secret(old_);
  ASSERT_TRUE(config().commit({kNow, Lane::pool}, *reseal(config(), both_), {}));
  const Sealer fresh(masters("b"));
  EXPECT_EQ(secret(fresh), kept);
  EXPECT_NE(fresh.derive(kClientSecretPepper).reveal(), kept);
}

TEST_F(ServerSecrets, UnderAMasterKeyThatIsNotHereAreNotMadeAnew) {
  secret(old_);
  EXPECT_EQ(server_secret(config(), Sealer(masters("x")), kClientSecretPepper, kNow).error().reason, Reason::config_invalid);
}

TEST_F(ServerSecrets, AreSealedUnderNoRealmAndRecorded) {
  add_realm();
  const auto text = secret(old_);
  const auto stored = config().keys(kServerRealm);
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->front().sealed.find(text), std::string::npos);
  EXPECT_EQ(stored->front().public_jwk, "");
  const auto realms = config().realms();
  for (const auto& realm : *realms) {
    EXPECT_NE(realm.id, kServerRealm);
    EXPECT_TRUE(config().keys(realm.id)->empty());
  }
  EXPECT_EQ(config().audit_tail(kServerRealm, 10)->front().object, "key:client-secret-pepper");
}

}  // namespace
}  // namespace tessera::keys
