#include "keys/sealed_values.h"

#include <gtest/gtest.h>

#include "keys/keyring.h"
#include "keys/server_secrets.h"
#include "store/sql_store.h"

namespace tessera::keys {
namespace {

const Turn kTurn{base::from_s(1'900'000'000), Lane::pool};

std::vector<Secret> masters(std::string_view letters) {
  std::vector<Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(32, letter));
  return keys;
}

/// Two realms with their keys, and the server's secrets, all under the master key `a`.
class SealedValues : public testing::Test {
 protected:
  SealedValues() {
    for (const char* name : {"bank", "shop"}) {
      model::Realm realm{.handle = Handle::random(), .name = name};
      EXPECT_TRUE(config().commit(kTurn, {store::PutRealm{realm}}, {}));
    }
    const Keyring keyring(config(), old_);
    for (const auto& realm : realms()) EXPECT_TRUE(config().commit(kTurn, *keyring.first_keys(realm.id, "ES256", kTurn.now), {}));
    EXPECT_TRUE(server_secret(config(), old_, kClientSecretPepper, kTurn.now));
    EXPECT_TRUE(server_secret(config(), old_, kPasswordNaming, kTurn.now));
  }

  store::ConfigStore& config() { return store_->config(); }
  std::vector<model::Realm> realms() { return *config().realms(); }
  std::size_t outdated(const Sealer& sealer) { return count_sealed(config(), sealer)->outdated; }
  std::vector<std::string> opened(const Sealer& sealer) {
    std::vector<std::string> texts;
    for (const model::RealmId realm : {kServerRealm, realms()[0].id, realms()[1].id}) {
      const auto keys = config().keys(realm);
      for (const auto& key : *keys) texts.emplace_back(open_sealed(key, "", sealer)->reveal());
    }
    return texts;
  }

  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory();
  const Sealer old_{masters("a")};
  const Sealer both_{masters("ba")};
  const Sealer fresh_{masters("b")};
};

TEST_F(SealedValues, AllAreSealedAnewAndHoldWhatTheyHeld) {
  const auto before = opened(old_);
  EXPECT_EQ(before.size(), 8u);
  EXPECT_EQ(count_sealed(config(), both_)->values, 8u);
  EXPECT_EQ(outdated(both_), 8u);
  const auto changes = reseal(config(), both_);
  ASSERT_EQ(changes->size(), 8u);
  ASSERT_TRUE(config().commit(kTurn, *changes, {}));
  EXPECT_EQ(outdated(both_), 0u);
  EXPECT_EQ(opened(fresh_), before) << "the old key may go";
  EXPECT_TRUE(Keyring(config(), fresh_).load(realms()));
  EXPECT_TRUE(reseal(config(), both_)->empty()) << "nothing is left to do";
}

TEST_F(SealedValues, OneThatWasLeftIsDoneTheNextTime) {
  auto changes = *reseal(config(), both_);
  changes.resize(3);
  ASSERT_TRUE(config().commit(kTurn, changes, {}));
  EXPECT_EQ(outdated(both_), 5u);
  EXPECT_EQ(reseal(config(), both_)->size(), 5u);
}

TEST_F(SealedValues, AMasterKeyThatIsNotHereIsNoDamage) {
  for (const auto& refused : {count_sealed(config(), fresh_).error(), reseal(config(), fresh_).error()}) {
    EXPECT_EQ(refused.reason, Reason::config_invalid);
    EXPECT_NE(refused.context.find("of the server: sealed under a master key that is not here; put the key back"), std::string::npos)
        << refused.context;
  }
  const auto refused = Keyring(config(), fresh_).load(realms());
  EXPECT_EQ(refused.error().reason, Reason::config_invalid);
  EXPECT_NE(refused.error().context.find(" of realm bank: "), std::string::npos) << refused.error().context;
}

TEST_F(SealedValues, OneThatWasChangedIs) {
  auto key = config().keys(realms()[1].id)->front();
  key.sealed.back() = static_cast<char>(key.sealed.back() ^ 1);
  ASSERT_TRUE(config().commit(kTurn, {store::PutKey{key}}, {}));
  EXPECT_EQ(count_sealed(config(), both_).error().reason, Reason::store_corrupt);
}

TEST_F(SealedValues, AKeyThatIsGoneHasNone) {
  auto key = config().keys(realms()[0].id)->front();
  key.state = store::KeyRecord::State::gone;
  key.sealed.clear();
  ASSERT_TRUE(config().commit(kTurn, {store::PutKey{key}}, {}));
  EXPECT_EQ(count_sealed(config(), both_)->values, 7u);
  EXPECT_EQ(reseal(config(), both_)->size(), 7u);
}

}  // namespace
}  // namespace tessera::keys
