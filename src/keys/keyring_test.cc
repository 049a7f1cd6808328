#include "keys/keyring.h"

#include <gtest/gtest.h>

#include <thread>

#include "jose/json.h"

namespace tessera::keys {
namespace {

using store::KeyRecord;
using State = store::KeyRecord::State;

const TimePoint kNow = base::from_s(1'900'000'000);
constexpr std::int64_t kLaterS = 1'900'003'600;

/// Holds keys in memory, and nothing else.
class KeysOnly final : public store::ConfigStore {
 public:
  std::vector<KeyRecord> records;
  bool down = false;

  void apply(const std::vector<store::Change>& changes) {
    for (const auto& change : changes)
      if (const auto* const put = std::get_if<store::PutKey>(&change)) {
        std::erase_if(records, [&](const KeyRecord& key) { return key.kid == put->key.kid; });
        records.push_back(put->key);
      }
  }
  const KeyRecord& of(std::string_view kid) const {
    for (const auto& key : records)
      if (key.kid == kid) return key;
    return missing_;
  }

  Result<std::vector<KeyRecord>> keys(model::RealmId realm) override {
    if (down) return fail(Reason::store_unavailable);
    std::vector<KeyRecord> found;
    for (const auto& key : records)
      if (key.realm == realm) found.push_back(key);
    return found;
  }

  Result<std::vector<model::Realm>> realms() override { return none(); }
  Result<model::Client> find_client(const Turn&, model::RealmId, std::string_view) override { return none(); }
  Result<model::Client> find_client(const Turn&, const Handle&) override { return none(); }
  Result<std::vector<model::ClientSecret>> secrets_of(const Turn&, const Handle&) override { return none(); }
  Result<model::User> find_user(const Turn&, model::RealmId, std::string_view) override { return none(); }
  Result<model::User> find_user(const Turn&, const Handle&) override { return none(); }
  Result<std::vector<model::Client>> list_clients(model::RealmId, const store::Page&) override { return none(); }
  Result<std::vector<model::User>> list_users(model::RealmId, const store::Page&) override { return none(); }
  Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId) override { return none(); }
  Result<std::vector<store::AuditRecord>> audit_tail(model::RealmId, int) override { return none(); }
  Result<std::vector<model::RevocationEvent>> commit(const Turn&, const std::vector<store::Change>&,
                                                     const std::vector<store::AuditRecord>&) override {
    return none();
  }
  Result<int> prune_audit(TimePoint, int) override { return none(); }
  Result<int> drop_unused_policies(int) override { return none(); }
  Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>&) override { return none(); }

 private:
  static std::unexpected<Error> none() { return fail(Reason::internal); }
  KeyRecord missing_;
};

Sealer sealer_of(char letter) {
  std::vector<Secret> keys;
  keys.emplace_back(std::string(32, letter));
  return Sealer(std::move(keys));
}

model::Realm realm_of(model::RealmId id) {
  model::Realm realm;
  realm.id = id;
  realm.name = "bank";
  return realm;
}

class KeyringTest : public testing::Test {
 protected:
  void first_keys(model::RealmId realm, std::string_view alg) { store_.apply(*keyring_.first_keys(realm, alg, kNow)); }

  std::shared_ptr<const RealmKeys> reloaded(model::RealmId realm = 1) {
    EXPECT_TRUE(keyring_.reload(realm_of(realm)));
    return keyring_.realm(realm);
  }
  std::string signing_kid(std::string_view alg = "ES256") { return reloaded()->signing.find(alg)->second->access.key().kid(); }

  Reason removal(std::string_view kid, bool compromised, TimePoint now = kNow) {
    const auto changes = keyring_.remove(1, kid, compromised, now);
    if (!changes) return changes.error().reason;
    store_.apply(*changes);
    return Reason::internal;
  }
  static constexpr Reason kRemoved = Reason::internal;

  KeysOnly store_;
  const Sealer sealer_ = sealer_of('m');
  Keyring keyring_{store_, sealer_};
};

boost::json::array jwks_of(const RealmKeys& keys) { return jose::parse_json(keys.jwks)->get_object().at("keys").get_array(); }

TEST_F(KeyringTest, OnlyAKindWithoutAnyKeyLeftGetsANewOne) {
  first_keys(1, "ES256");
  EXPECT_TRUE(keyring_.replace_gone(1, kNow)->empty());
  const auto kid = signing_kid();
  for (auto& key : store_.records)
    if (key.kid == kid) key.state = State::gone;
  store_.apply(*keyring_.replace_gone(1, kNow));
  EXPECT_NE(signing_kid(), kid);
  EXPECT_EQ(store_.records.size(), 4U);
  EXPECT_TRUE(keyring_.replace_gone(1, kNow)->empty()) << "one is enough";
}

TEST_F(KeyringTest, ANewRealmGetsItsThreeKeys) {
  for (const std::string_view alg : jose::kPublicAlgs) {
    store_.records.clear();
    first_keys(1, alg);
    const auto keys = reloaded();
    EXPECT_EQ(keys->signing.size(), 2u);
    EXPECT_TRUE(keys->signing.contains("HS512"));
    EXPECT_EQ(keys->verify.size(), 2u);
    ASSERT_TRUE(keys->refresh_mac.contains(keys->refresh_mac_kid));
    EXPECT_EQ(keys->refresh_mac.find(keys->refresh_mac_kid)->second->size(), 32u);

    const auto token = keys->signing.find(alg)->second->access.sign("{}");
    const auto parsed = jose::parse_jwt(*token);
    EXPECT_EQ(parsed->typ, "at+jwt");
    EXPECT_TRUE(keys->verify.find(parsed->kid)->second.verify(parsed->signing_input, parsed->signature));
    EXPECT_EQ(jose::parse_jwt(*keys->signing.find(alg)->second->plain.sign("{}"))->typ, "JWT");
  }
}

// security.md, case 80.
TEST_F(KeyringTest, TheJwksShowsPublicKeysOnly) {
  first_keys(1, "ES256");
  store_.apply({store::PutKey{*keyring_.make_key(1, "RS256", State::published, kNow)}});
  const auto keys = reloaded();
  const auto shown = jwks_of(*keys);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0].at("alg").get_string(), "ES256") << "the signing key first";
  EXPECT_EQ(shown[1].at("alg").get_string(), "RS256");
  for (const auto& jwk : shown)
    for (const std::string_view secret : {"d", "p", "q", "dp", "dq", "qi", "k"}) EXPECT_FALSE(jwk.get_object().contains(secret));
  EXPECT_FALSE(keys->signing.contains("RS256")) << "a published key does not sign yet";
}

TEST_F(KeyringTest, WhatIsStoredIsSealed) {
  first_keys(1, "ES256");
  for (const KeyRecord& record : store_.records) {
    const auto opened = sealer_.open(record.sealed, "1/" + record.kid + "/" + record.alg + "/" + record.use);
    ASSERT_TRUE(opened);
    EXPECT_EQ(record.sealed.find(opened->reveal()), std::string::npos);
    EXPECT_EQ(record.public_jwk.empty(), record.use == "refresh");
  }
}

TEST_F(KeyringTest, AKeyMovedToAnotherPlaceDoesNotOpen) {
  first_keys(1, "ES256");
  const auto good = store_.records;
  const auto refused = [&](auto change) {
    store_.records = good;
    change(store_.records[0]);
    const Status status = keyring_.reload(realm_of(store_.records[0].realm));
    return !status && status.error().reason == Reason::store_corrupt;
  };
  EXPECT_TRUE(refused([](KeyRecord& key) { key.realm = 2; }));
  EXPECT_TRUE(refused([](KeyRecord& key) { key.kid = Handle::random().str(); }));
  EXPECT_TRUE(refused([](KeyRecord& key) { key.alg = "EdDSA"; }));
  EXPECT_TRUE(refused([](KeyRecord& key) { key.use = "refresh"; }));
  EXPECT_TRUE(refused([](KeyRecord& key) { key.sealed.clear(); }));
}

TEST_F(KeyringTest, ACertificateStaysTheSameOverRestarts) {
  first_keys(1, "RS256");
  const std::string shown = reloaded()->certified_jwks;
  EXPECT_NE(shown.find("x5t#S256"), std::string::npos);
  Keyring restarted(store_, sealer_);
  ASSERT_TRUE(restarted.load({realm_of(1)}));
  EXPECT_EQ(restarted.realm(1)->certified_jwks, shown);
  EXPECT_EQ(restarted.realm(1)->jwks.find("x5c"), std::string::npos) << "the standard's JWK Set has none";
}

TEST_F(KeyringTest, AFailedReloadLeavesWhatWasThere) {
  first_keys(1, "ES256");
  const auto before = reloaded();
  store_.down = true;
  EXPECT_EQ(keyring_.reload(realm_of(1)).error().reason, Reason::store_unavailable);
  EXPECT_EQ(keyring_.realm(1), before);
  store_.down = false;
  const Sealer other = sealer_of('x');
  Keyring wrong(store_, other);
  EXPECT_EQ(wrong.load({realm_of(1)}).error().reason, Reason::config_invalid);
  EXPECT_EQ(wrong.realm(1), nullptr);
}

TEST_F(KeyringTest, RealmsAreApart) {
  first_keys(1, "ES256");
  first_keys(2, "ES256");
  ASSERT_TRUE(keyring_.load({realm_of(1), realm_of(2)}));
  EXPECT_EQ(keyring_.realm(3), nullptr);
  for (const auto& [kid, key] : keyring_.realm(1)->verify) EXPECT_FALSE(keyring_.realm(2)->verify.contains(kid));
}

TEST_F(KeyringTest, RotationPromotesThePublishedKeyAndKeepsTheOldOneForVerifying) {
  first_keys(1, "ES256");
  const std::string old_kid = signing_kid();
  const auto published = *keyring_.make_key(1, "ES256", State::published, kNow);
  store_.apply({store::PutKey{published}});
  store_.apply(*keyring_.rotate(1, "ES256", kLaterS, kNow));
  EXPECT_EQ(signing_kid(), published.kid);
  const auto keys = reloaded();
  EXPECT_TRUE(keys->verify.contains(old_kid));
  EXPECT_EQ(jwks_of(*keys).size(), 2u);
  EXPECT_EQ(store_.of(old_kid).verify_until_s, kLaterS);

  store_.apply(*keyring_.rotate(1, "ES256", kLaterS, kNow));
  EXPECT_NE(signing_kid(), published.kid) << "without a published key, a fresh one";
  EXPECT_EQ(reloaded()->verify.size(), 4u);
}

TEST_F(KeyringTest, OldRefreshKeysStillOpenAfterRotation) {
  first_keys(1, "ES256");
  const std::string old_kid = reloaded()->refresh_mac_kid;
  store_.apply(*keyring_.rotate(1, "refresh", kLaterS, kNow));
  const auto keys = reloaded();
  EXPECT_NE(keys->refresh_mac_kid, old_kid);
  EXPECT_TRUE(keys->refresh_mac.contains(old_kid));
}

// security.md, case 92.
TEST_F(KeyringTest, AKeyStaysWhileItsTokensMayLive) {
  first_keys(1, "ES256");
  const std::string kid = signing_kid();
  EXPECT_EQ(removal(kid, false), Reason::key_in_use);
  store_.apply(*keyring_.rotate(1, "ES256", kLaterS, kNow));
  EXPECT_EQ(removal(kid, false, base::from_s(kLaterS - 1)), Reason::key_in_use);
  EXPECT_EQ(removal(kid, false, base::from_s(kLaterS)), kRemoved);
  const auto keys = reloaded();
  EXPECT_FALSE(keys->verify.contains(kid));
  EXPECT_EQ(keys->jwks.find(kid), std::string::npos);
  EXPECT_TRUE(store_.of(kid).sealed.empty()) << "the private part is gone too";
  EXPECT_EQ(removal(kid, false), Reason::record_missing);
  EXPECT_EQ(removal("../../etc", false), Reason::record_missing);
}

TEST_F(KeyringTest, ACompromisedSigningKeyGoesAtOnceAndHasASuccessor) {
  first_keys(1, "ES256");
  const std::string kid = signing_kid();
  const auto changes = keyring_.remove(1, kid, true, kNow);
  ASSERT_TRUE(changes);
  const auto* const revoke = std::get_if<store::Revoke>(&changes->back());
  ASSERT_NE(revoke, nullptr);
  EXPECT_EQ(revoke->kind, model::RevocationKind::key);
  EXPECT_EQ(revoke->id, Handle::parse(kid));
  EXPECT_GT(revoke->prune_after_s, base::to_s(kNow) + 315'360'000) << "outlives the longest token";
  store_.apply(*changes);
  const auto keys = reloaded();
  EXPECT_FALSE(keys->verify.contains(kid));
  EXPECT_NE(signing_kid(), kid);
}

TEST_F(KeyringTest, TheSecretOfPairwiseSubjectsIsForLife) {
  first_keys(1, "ES256");
  EXPECT_EQ(reloaded()->pairwise, nullptr);
  store_.apply({store::PutKey{*keyring_.make_key(1, kPairwise, State::signing, kNow)}});
  const auto keys = reloaded();
  ASSERT_TRUE(keys->pairwise);
  EXPECT_EQ(keys->pairwise->size(), 32U);
  EXPECT_EQ(keys->jwks.find(kPairwise), std::string::npos);
  const auto& record = store_.records.back();
  EXPECT_EQ(record.sealed.find(keys->pairwise->reveal()), std::string::npos);
  for (const bool compromised : {false, true}) EXPECT_EQ(removal(record.kid, compromised), Reason::key_in_use);
}

TEST_F(KeyringTest, ARemovalWithoutCompromiseRevokesNothing) {
  const auto published = *keyring_.make_key(1, "ES256", State::published, kNow);
  store_.apply({store::PutKey{published}});
  const auto changes = keyring_.remove(1, published.kid, false, kNow);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->size(), 1u);
}

TEST_F(KeyringTest, AnUnknownAlgorithmMakesNoKey) {
  for (const std::string_view alg : {"none", "HS256", "es256", ""})
    EXPECT_EQ(keyring_.make_key(1, alg, State::signing, kNow).error().reason, Reason::key_missing) << alg;
}

TEST_F(KeyringTest, AMissingKeyIsToldWithItsRealm) {
  EXPECT_EQ(keyring_.require(realm_of(1)).error().context, "realm bank has no keys");
  first_keys(1, "ES256");
  const auto keys = reloaded();
  ASSERT_TRUE(keyring_.require(realm_of(1)));
  EXPECT_EQ((*keys->signing_by("ES256"))->plain.key().kid(), signing_kid());
  const auto missing = keys->signing_by("RS256");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, Reason::key_missing);
  EXPECT_EQ(missing.error().context, "realm bank has no RS256 key to sign with");
}

TEST_F(KeyringTest, LookupsGoOnWhileKeysChange) {
  first_keys(1, "ES256");
  ASSERT_NE(reloaded(), nullptr);
  std::thread reader([&] {
    for (int i = 0; i < 200; ++i) {
      const auto keys = keyring_.realm(1);
      EXPECT_TRUE(keys->signing.find("ES256")->second->access.sign("{}"));
    }
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(keyring_.reload(realm_of(1)));
  reader.join();
}

}  // namespace
}  // namespace tessera::keys
