#include "registration/registrar.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/digest.h"
#include "clients/secret_text.h"
#include "store/sql_store.h"

namespace tessera::registration {
namespace {

namespace json = boost::json;
using model::Verb;

constexpr std::int64_t kNowS = 1'800'000'000;
const Turn kTurn{base::from_s(kNowS), Lane::pool};

std::vector<Secret> master_keys() {
  std::vector<Secret> keys;
  keys.emplace_back(std::string(32, 'k'));
  return keys;
}

json::object web(std::string_view more = "{}") {
  auto said = json::parse(R"({"client_name":"Planner","redirect_uris":["https://p.example/cb"]})").as_object();
  const auto others = json::parse(json::string_view(more.data(), more.size()));
  for (const auto& [name, value] : others.as_object()) said[name] = value;
  return said;
}

/// A realm in which clients register themselves, and a token to do it by.
class RegistrarTest : public testing::Test {
 protected:
  RegistrarTest() {
    EXPECT_TRUE(revocations.load({}));
    revocations.add_listener(directory);
    model::Realm made{.handle = Handle::random(), .name = "r"};
    made.policy.scopes = {"openid", "accounts"};
    made.policy.registration_template = "likeness";
    commit({store::PutRealm{made}});
    realm = store->config().realms()->front();
    EXPECT_TRUE(revocations.add_realm(realm.id));
    likeness.handle = Handle::random();
    likeness.realm = realm.id;
    likeness.client_id = "likeness";
    likeness.enabled = false;
    likeness.policy.edit().grants = {"authorization_code", "refresh_token", "client_credentials"};
    likeness.policy.edit().scopes = {"openid", "accounts"};
    commit({store::PutClient{likeness}});
    initial = new_initial_token(2);
  }

  void commit(const std::vector<store::Change>& changes) { EXPECT_TRUE(revocations.commit(kTurn, changes, {})); }
  std::string new_initial_token(std::int64_t uses) {
    const Secret text = clients::new_secret_text(clients::kInitialAccessTokenPrefix);
    commit({store::AddInitialAccessToken{{.handle = Handle::random(),
                                          .realm = realm.id,
                                          .digest = base::sha256(text.reveal()),
                                          .created_at = kTurn.now,
                                          .expires_at_s = kNowS + 60,
                                          .uses_left = uses}}});
    return std::string(text.reveal());
  }

  static model::EndpointRequest request(std::vector<std::string> tokens, std::string client = {}, Verb verb = Verb::create) {
    model::EndpointRequest asked;
    asked.request_id = Handle::random().str();
    asked.bearer_tokens = std::move(tokens);
    asked.managed_client = std::move(client);
    asked.verb = verb;
    return asked;
  }
  Result<Registered> create(std::string_view more = "{}") { return registrar.create(realm, request({initial}), web(more), kTurn); }
  /// The same client's own request.
  static model::EndpointRequest own(const Registered& client, Verb verb) {
    return request({std::string(client.registration_token.reveal())}, client.client.client_id, verb);
  }
  std::vector<model::ClientSecret> secrets_of(const Registered& client) { return *store->config().secrets_of(kTurn, client.client.handle); }
  std::vector<model::RevocationEvent> journal() { return *store->journal().entries_after(realm.id, 0, 100); }

  std::unique_ptr<store::Store> store = *store::open_store_in_memory();
  keys::Sealer sealer{master_keys()};
  keys::Keyring keyring{store->config(), sealer};
  clients::Directory directory{store->config()};
  clients::SecretHasher hasher{Secret(std::string(32, 'p'))};
  revocation::Revocations revocations{store->config(), store->journal()};
  verifier::Verifier verifier{16};
  tokens::AccessTokens access_tokens{verifier, keyring, revocations, "https://t.example"};
  Registrar registrar{{directory, store->registrations(), revocations, hasher, access_tokens}};
  model::Realm realm;
  model::Client likeness;
  std::string initial;
};

/// What the last commit said of its client.
class LastPut final : public store::ChangeListener {
 public:
  void on_committed(const std::vector<store::Change>& changes) override {
    for (const auto& change : changes)
      if (const auto* put = std::get_if<store::PutClient>(&change)) narrows = put->narrows;
  }
  bool narrows = false;
};

template <class T>
Reason reason_of(const Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? Reason::internal : result.error().reason;
}

TEST_F(RegistrarTest, AClientRegistersItselfAndIsOnRecord) {
  const auto made = create();
  ASSERT_TRUE(made) << made.error().context;
  const auto found = directory.client(kTurn, realm.id, made->client.client_id);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->client.policy->name, "Planner");
  ASSERT_EQ((*found)->secrets.size(), 1U);
  EXPECT_TRUE(hasher.matches((*found)->secrets[0], made->secret->reveal()));
  EXPECT_EQ(made->registration.digest, base::sha256(made->registration_token.reveal())) << "the token itself is kept nowhere";
  const auto audit = *store->config().audit_tail(realm.id, 1);
  ASSERT_EQ(audit.size(), 1U);
  EXPECT_EQ(audit[0].action, "client.register");
  EXPECT_EQ(audit[0].object, "client:" + made->client.client_id);
  EXPECT_TRUE(audit[0].actor.starts_with("initial-access-token:"));
}

TEST_F(RegistrarTest, OffUnlessTheRealmNamesATemplate) {
  const auto made = create();
  realm.policy.registration_template = "";
  EXPECT_EQ(reason_of(create()), Reason::registration_off);
  EXPECT_EQ(reason_of(registrar.read(realm, own(*made, Verb::read), kTurn)), Reason::registration_off);
  realm.policy.registration_template = "gone";
  EXPECT_EQ(reason_of(create()), Reason::registration_template_missing);
}

TEST_F(RegistrarTest, AnInitialAccessTokenIsNeededAndSpent) {
  EXPECT_EQ(reason_of(registrar.create(realm, request({}), web(), kTurn)), Reason::token_missing);
  EXPECT_EQ(reason_of(registrar.create(realm, request({initial, initial}), web(), kTurn)), Reason::token_ambiguous);
  EXPECT_EQ(reason_of(registrar.create(realm, request({"tiat_unknown"}), web(), kTurn)), Reason::initial_token_wrong);
  EXPECT_EQ(reason_of(registrar.create(realm, request({"nonsense"}), web(), kTurn)), Reason::initial_token_wrong);
  EXPECT_EQ(reason_of(create(R"({"scope":"payments"})")), Reason::metadata_invalid) << "and costs no use";
  EXPECT_TRUE(create());
  EXPECT_TRUE(create());
  EXPECT_EQ(reason_of(create()), Reason::initial_token_wrong);
}

TEST_F(RegistrarTest, AClientReadsWhatItIs) {
  const auto made = create(R"({"client_uri":"https://p.example"})");
  const auto told = registrar.read(realm, own(*made, Verb::read), kTurn);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->client.client_id, made->client.client_id);
  EXPECT_FALSE(told->secret) << "it is told once";
  EXPECT_EQ(told->registration_token.reveal(), made->registration_token.reveal());
  EXPECT_EQ(told->registration.about, R"({"client_uri":"https://p.example"})");
}

TEST_F(RegistrarTest, AClientIsNobodyElsesAffair) {
  const auto mine = create();
  const auto other = create();
  const std::string token(other->registration_token.reveal());
  for (const std::string& id : {mine->client.client_id, std::string("likeness"), std::string("unknown")})
    EXPECT_EQ(reason_of(registrar.read(realm, request({token}, id, Verb::read), kTurn)), Reason::registration_token_wrong) << id;
  EXPECT_EQ(reason_of(registrar.remove(realm, request({initial}, mine->client.client_id, Verb::remove), kTurn)),
            Reason::initial_token_wrong);
}

TEST_F(RegistrarTest, AnUpdateSaysAllAndTakesAwayWhatItLeavesOut) {
  const auto made = create(R"({"grant_types":["authorization_code","refresh_token"],"client_uri":"https://p.example"})");
  auto said = web(R"({"redirect_uris":["https://p.example/new"]})");
  said["client_id"] = made->client.client_id;
  const auto changed = registrar.update(realm, own(*made, Verb::replace), said, kTurn);
  ASSERT_TRUE(changed) << changed.error().context;
  const auto found = directory.client(kTurn, realm.id, made->client.client_id);
  EXPECT_EQ((*found)->client.policy->redirect_uris, std::vector<std::string>{"https://p.example/new"});
  EXPECT_EQ((*found)->client.policy->grants, std::vector<std::string>{"authorization_code"});
  EXPECT_EQ(changed->registration.about, "{}");
  ASSERT_EQ(journal().size(), 1U) << "tokens of the grant that went";
  EXPECT_EQ(journal()[0].id, made->client.handle);
  EXPECT_FALSE(changed->secret);
  EXPECT_EQ(secrets_of(*made).size(), 1U);
}

TEST_F(RegistrarTest, WhatAClientWasGivenIsNotForItToSay) {
  const auto made = create();
  const auto refused = [&](std::string_view more) {
    auto said = web(more);
    said.emplace("client_id", made->client.client_id);
    const auto changed = registrar.update(realm, own(*made, Verb::replace), said, kTurn);
    EXPECT_EQ(reason_of(changed), Reason::metadata_invalid);
    return changed ? "" : changed.error().limit;
  };
  EXPECT_EQ(refused(R"({"client_id":"likeness"})"), "client_id is missing, or another client's");
  EXPECT_EQ(refused(R"({"client_secret":"chosen"})"), "client_secret is not the client's: a client can't choose one");
  EXPECT_EQ(refused(R"({"registration_access_token":"x"})"), "registration_access_token is not the client's to say");
  EXPECT_EQ(refused(R"({"client_secret_expires_at":0})"), "client_secret_expires_at is not the client's to say");
  EXPECT_EQ(refused(R"({"scope":"payments"})"), "scope holds a word that clients may not register here");
  auto said = web();
  said["client_id"] = made->client.client_id;
  said["client_secret"] = made->secret->reveal();
  EXPECT_TRUE(registrar.update(realm, own(*made, Verb::replace), said, kTurn));
}

TEST_F(RegistrarTest, AnAmendmentLeavesTheRest) {
  const auto made = create(R"({"grant_types":["authorization_code","refresh_token"],"client_uri":"https://p.example"})");
  const auto said = json::parse(R"({"redirect_uris":["https://p.example/new"]})").as_object();
  const auto changed = registrar.update(realm, own(*made, Verb::amend), said, kTurn);
  ASSERT_TRUE(changed) << changed.error().context;
  EXPECT_EQ(changed->client.policy->redirect_uris, std::vector<std::string>{"https://p.example/new"});
  EXPECT_EQ(changed->client.policy->grants.size(), 2U);
  EXPECT_EQ(changed->client.policy->token_endpoint_auth_method, "");
  EXPECT_EQ(changed->registration.about, R"({"client_uri":"https://p.example"})");
  EXPECT_TRUE(journal().empty());
}

TEST_F(RegistrarTest, WhatTheTemplateHasMayBeAddedButWhatAnOperatorTookIsGone) {
  const auto made = create(R"({"scope":"openid","grant_types":["authorization_code"]})");
  const auto put = [&](std::string_view more) {
    auto said = web(more);
    said["client_id"] = made->client.client_id;
    return registrar.update(realm, own(*made, Verb::replace), said, kTurn);
  };
  ASSERT_TRUE(put(R"({"scope":"openid accounts","grant_types":["authorization_code"]})")) << "within the template";

  auto narrowed = (*directory.client(kTurn, realm.id, made->client.client_id))->client;
  narrowed.policy.edit().scopes = {"openid"};
  narrowed.policy.edit().access_ttl_s = 60;
  narrowed.policy.edit().pkce_required = true;
  commit({store::PutClient{narrowed}});
  const auto refused = put(R"({"scope":"openid accounts","grant_types":["authorization_code"]})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().limit, "scope holds a word that clients may not register here");
  for (int time = 0; time < 2; ++time) {
    const auto renamed = put(R"({"scope":"openid","grant_types":["authorization_code"],"client_name":"Other"})");
    ASSERT_TRUE(renamed) << renamed.error().context;
    EXPECT_EQ(renamed->client.policy->name, "Other");
    EXPECT_EQ(renamed->client.policy->access_ttl_s, 60);
    EXPECT_TRUE(renamed->client.policy->pkce_required);
  }
  EXPECT_FALSE(put(R"({"scope":"openid accounts","grant_types":["authorization_code"]})")) << "also after it has had its say";
  EXPECT_FALSE(put(R"({"scope":"openid","grant_types":["authorization_code","refresh_token"]})"));
}

TEST_F(RegistrarTest, Case96WhatAClientTakesOutOfItselfIsToldToTheStore) {
  LastPut last;
  revocations.add_listener(last);
  const auto made = create(R"({"redirect_uris":["https://p.example/cb","https://p.example/other"]})");
  const auto narrows = [&](std::string_view said) {
    EXPECT_TRUE(registrar.update(realm, own(*made, Verb::amend), json::parse(std::string(said)).as_object(), kTurn)) << said;
    return last.narrows;
  };
  EXPECT_FALSE(narrows(R"({"client_name":"Other"})"));
  EXPECT_FALSE(narrows(R"({"redirect_uris":["https://p.example/cb","https://p.example/other","https://p.example/more"]})"));
  EXPECT_TRUE(narrows(R"({"redirect_uris":["https://p.example/cb"]})"));
  EXPECT_FALSE(narrows(R"({"post_logout_redirect_uris":["https://p.example/bye"]})"));
  EXPECT_TRUE(narrows(R"({"post_logout_redirect_uris":[]})"));
  EXPECT_TRUE(narrows(R"({"jwks_uri":"https://p.example/jwks"})"));
  EXPECT_TRUE(narrows(R"({"jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}})"));
}

TEST_F(RegistrarTest, AClientThatTurnsToAKeyLosesItsSecret) {
  const auto made = create();
  auto said = web(R"({"token_endpoint_auth_method":"private_key_jwt",
    "jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}})");
  said["client_id"] = made->client.client_id;
  ASSERT_TRUE(registrar.update(realm, own(*made, Verb::replace), said, kTurn));
  EXPECT_TRUE(secrets_of(*made).empty());
  auto back = web();
  back["client_id"] = made->client.client_id;
  const auto again = registrar.update(realm, own(*made, Verb::replace), back, kTurn);
  ASSERT_TRUE(again && again->secret);
  ASSERT_EQ(secrets_of(*made).size(), 1U);
  EXPECT_TRUE(hasher.matches(secrets_of(*made)[0], again->secret->reveal()));
}

TEST_F(RegistrarTest, ANewSecretEndsTheOld) {
  const auto made = create();
  const auto renewed = registrar.renew_secret(realm, own(*made, Verb::create), kTurn);
  ASSERT_TRUE(renewed);
  const auto live = secrets_of(*made);
  ASSERT_EQ(live.size(), 1U);
  EXPECT_TRUE(hasher.matches(live[0], renewed->secret->reveal()));
  EXPECT_FALSE(hasher.matches(live[0], made->secret->reveal()));
  ASSERT_EQ(journal().size(), 1U);
  EXPECT_EQ(journal()[0].kind, model::RevocationKind::secret);
}

TEST_F(RegistrarTest, AClientThatIsGoneIsGoneWithItsTokens) {
  const auto made = create();
  ASSERT_TRUE(registrar.remove(realm, own(*made, Verb::remove), kTurn));
  EXPECT_EQ(reason_of(directory.client(kTurn, realm.id, made->client.client_id)), Reason::client_unknown);
  EXPECT_EQ(reason_of(registrar.read(realm, own(*made, Verb::read), kTurn)), Reason::registration_token_wrong);
  ASSERT_EQ(journal().size(), 1U);
  EXPECT_EQ(journal()[0].kind, model::RevocationKind::client);
}

TEST_F(RegistrarTest, NothingHappensOnALaneThatMustNotWait) {
  const auto early = registrar.create(realm, request({initial}), web(), {kTurn.now, Lane::io});
  EXPECT_TRUE(reason_of(early) == Reason::would_wait || reason_of(early) == Reason::would_look_up);
  EXPECT_EQ(store->config().list_clients(realm.id, {})->size(), 1U);
}

}  // namespace
}  // namespace tessera::registration
