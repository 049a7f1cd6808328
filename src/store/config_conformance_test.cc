#include "store/store_conformance.h"

namespace tessera::store {
namespace {

TEST_P(StoreConformance, RecordsComeBackAfterReopening) {
  world.client.policy.edit().scopes = {"accounts", "\xC3\xA9"};
  world.user.profile.attributes["plan"] = {"gold", false};
  world.must({PutClient{world.client}, PutUser{world.user}});
  world.reopen();
  const auto client = world.config().find_client(kPool, world.realm.id, "app");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->handle, world.client.handle);
  EXPECT_EQ(client->policy, world.client.policy);
  EXPECT_TRUE(client->enabled);
  EXPECT_FALSE(client->is_public);
  const auto secrets = world.config().secrets_of(kPool, world.client.handle);
  ASSERT_EQ(secrets->size(), 1U);
  EXPECT_EQ(secrets->front().hash, std::string("\0\xFF", 2));
  EXPECT_EQ(secrets->front().hint, "wxyz");
  EXPECT_EQ(secrets->front().created_at, kNow);
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile, world.user.profile);
  EXPECT_EQ(world.config().realms()->front().handle, world.realm.handle);
}

TEST_P(StoreConformance, ClientsShareAPolicyUntilOneOfThemChanges) {
  auto twin = world.client;
  twin.handle = Handle::random();
  twin.client_id = "twin";
  world.must({PutClient{twin}});
  twin.policy.edit().scopes = {"accounts"};
  world.must({PutClient{twin}});
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->policy, world.client.policy);
    EXPECT_EQ(world.config().find_client(kPool, twin.handle)->policy, twin.policy);
    EXPECT_EQ(world.config().list_clients(world.realm.id, {})->back().policy, twin.policy);
    EXPECT_EQ(world.config().find_client_with_secrets(kPool, world.realm.id, "twin")->client.policy, twin.policy);
    world.reopen();
  }
}

TEST_P(StoreConformance, APolicyThatNobodyHasIsForgotten) {
  const auto policies = [&] { return world.count("client_policy"); };
  const auto before = policies();
  auto twin = world.client;
  twin.handle = Handle::random();
  twin.client_id = "twin";
  twin.policy.edit().scopes = {"accounts"};
  world.must({PutClient{twin}});
  EXPECT_EQ(policies(), before + 1);
  twin.policy = world.client.policy;
  world.must({PutClient{twin}});
  EXPECT_EQ(*world.config().drop_unused_policies(10), 1);
  EXPECT_EQ(policies(), before);
  EXPECT_EQ(*world.config().drop_unused_policies(10), 0);
}

TEST_P(StoreConformance, APolicyThatWasLeftAndTakenAgainStays) {
  const auto first = world.client.policy;
  world.client.policy.edit().scopes = {"accounts"};
  world.must({PutClient{world.client}});
  world.client.policy = first;
  world.must({PutClient{world.client}});
  EXPECT_EQ(*world.config().drop_unused_policies(10), 2);
  world.reopen();
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->policy, first);
}

TEST_P(StoreConformance, PoliciesThatMeetAreStoredOnce) {
  constexpr int kThreads = 8;
  in_parallel(kThreads, [&](int i) {
    auto mine = world.client;
    mine.handle = Handle::random();
    mine.client_id = "client" + std::to_string(i);
    for (int round = 0; round < 10; ++round) {
      mine.policy.edit().scopes = {"accounts", std::to_string(round)};
      const auto put = world.config().commit(kPool, {PutClient{mine}}, {});
      EXPECT_TRUE(put) << put.error().context;
      EXPECT_TRUE(world.config().drop_unused_policies(2));
    }
  });
  while (*world.config().drop_unused_policies(10) > 0) continue;
  world.reopen();
  EXPECT_EQ(world.count("client_policy"), 2);
  EXPECT_EQ(world.config().find_client(kPool, world.realm.id, "client0")->policy->scopes.back(), "9");
}

TEST_P(StoreConformance, UserNamesAreComparedInLowerCase) {
  EXPECT_EQ(world.config().find_user(kPool, world.realm.id, "aDA")->username, "Ada");
  auto twin = world.user;
  twin.handle = Handle::random();
  twin.username = "ADA";
  EXPECT_EQ(world.refused({PutUser{twin}}), Reason::record_conflict);
}

TEST_P(StoreConformance, ATakenNameSpoilsTheWholeCommit) {
  auto twin = world.client;
  twin.handle = Handle::random();
  world.user.profile.email = "changed@example";
  EXPECT_EQ(world.refused({PutUser{world.user}, Revoke{Kind::user, world.user.handle}, PutClient{twin}}), Reason::record_conflict);
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->profile.email, "");
  EXPECT_EQ(head(), 0);
  EXPECT_TRUE(world.journal().entries_after(world.realm.id, 0, 10)->empty());
}

TEST_P(StoreConformance, ARemovedClientIsGoneRevokedAndItsNameFree) {
  const auto family = world.opened(world.family());
  const auto events = world.must({RemoveClient{world.client.handle}});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.front().kind, Kind::client);
  EXPECT_EQ(events.front().id, world.client.handle);
  EXPECT_EQ(reason_of(world.config().find_client(kPool, world.client.handle)), Reason::record_missing);
  EXPECT_EQ(reason_of(world.rotate(family, 0)), Reason::refresh_ended);
  EXPECT_EQ(world.refused({RemoveClient{world.client.handle}}), Reason::record_missing);
  EXPECT_EQ(world.refused({PutClient{world.client}}), Reason::record_conflict) << "a handle is never used twice";
  auto next = world.client;
  next.handle = Handle::random();
  world.must({PutClient{next}});
  EXPECT_EQ(world.config().find_client(kPool, world.realm.id, "app")->handle, next.handle);
}

TEST_P(StoreConformance, ARemovalWithItsOwnRevokeAppendsOnce) {
  EXPECT_EQ(world.must({RemoveUser{world.user.handle}, Revoke{Kind::user, world.user.handle}}).size(), 1U);
  EXPECT_EQ(reason_of(world.config().find_user(kPool, world.realm.id, "ada")), Reason::record_missing);
}

TEST_P(StoreConformance, TwoLiveSecretsAreTheMost) {
  const auto another = [&] {
    auto secret = world.secret;
    secret.handle = Handle::random();
    return secret;
  };
  world.must({AddSecret{another()}});
  EXPECT_EQ(world.refused({AddSecret{another()}}), Reason::record_conflict);
  world.must({EndSecret{world.secret.handle}, AddSecret{another()}});
  EXPECT_EQ(world.config().secrets_of(kPool, world.client.handle)->size(), 2U);
  EXPECT_EQ(world.refused({EndSecret{world.secret.handle}}), Reason::record_missing);
}

TEST_P(StoreConformance, AnExpiredSecretMakesRoomAndItsFamiliesLiveOn) {
  auto brief = world.secret;
  brief.handle = Handle::random();
  brief.expires_at_s = base::to_s(kNow) + 60;
  world.must({AddSecret{brief}});
  auto made = world.family();
  made.secret = brief.handle;
  const auto family = world.opened(made);
  auto next = world.secret;
  next.handle = Handle::random();
  EXPECT_EQ(reason_of(world.config().commit(at(59), {AddSecret{next}}, {})), Reason::record_conflict);
  ASSERT_TRUE(world.config().commit(at(60), {AddSecret{next}}, {}));
  const auto secrets = world.config().secrets_of(kPool, world.client.handle);
  ASSERT_EQ(secrets->size(), 2U);
  EXPECT_EQ(secrets->front().handle, world.secret.handle);
  EXPECT_TRUE(world.rotate(family, 0, at(61)));
}

TEST_P(StoreConformance, AClientIsReadTogetherWithItsLiveSecrets) {
  const auto found = [this] { return world.config().find_client_with_secrets(kPool, world.realm.id, "app"); };
  const auto one = found();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->client.handle, world.client.handle);
  EXPECT_EQ(one->client.policy, world.client.policy);
  ASSERT_EQ(one->secrets.size(), 1U);
  EXPECT_EQ(one->secrets[0].handle, world.secret.handle);
  EXPECT_EQ(one->secrets[0].client, world.client.handle);
  EXPECT_EQ(one->secrets[0].hash, world.secret.hash);
  const model::ClientSecret second{.handle = Handle::random(), .client = world.client.handle, .hash = "h", .created_at = kNow};
  world.must({AddSecret{second}});
  ASSERT_EQ(found()->secrets.size(), 2U);
  EXPECT_EQ(found()->secrets[1].handle, second.handle);
  world.must({EndSecret{world.secret.handle}});
  ASSERT_EQ(found()->secrets.size(), 1U);
  world.must({EndSecret{second.handle}});
  EXPECT_TRUE(found()->secrets.empty());
  EXPECT_EQ(reason_of(world.config().find_client_with_secrets(kPool, world.realm.id, "other")), Reason::record_missing);
  EXPECT_EQ(reason_of(world.config().find_client_with_secrets(kPool, world.realm.id, "\xFF")), Reason::record_missing);
}

TEST_P(StoreConformance, SecretUseIsRememberedAndOnlyRises) {
  ASSERT_TRUE(world.config().touch_secrets({{world.secret.handle, 600}}));
  ASSERT_TRUE(world.config().touch_secrets({{world.secret.handle, 540}}));
  EXPECT_EQ(world.config().secrets_of(kPool, world.client.handle)->front().last_used_at_s, 600);
}

TEST_P(StoreConformance, KeysAreReplacedByRealmAndKid) {
  KeyRecord key{.realm = world.realm.id,
                .kid = "k1",
                .alg = "ES256",
                .use = "sig",
                .state = KeyRecord::State::published,
                .public_jwk = "{}",
                .sealed = std::string("\0\1", 2),
                .created_at = kNow};
  world.must({PutKey{key}});
  key.state = KeyRecord::State::signing;
  world.must({PutKey{key}});
  const auto keys = world.config().keys(world.realm.id);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().state, KeyRecord::State::signing);
  EXPECT_EQ(keys->front().sealed, key.sealed);
}

TEST_P(StoreConformance, AuditIsWrittenWithTheChange) {
  const AuditRecord record{
      .realm = world.realm.id, .at = kNow, .actor = "cli", .action = "client.put", .object = "client:app", .detail = "{}"};
  ASSERT_TRUE(world.config().commit(kPool, {PutClient{world.client}}, {record}));
  EXPECT_EQ(reason_of(world.config().commit(kPool, {EndSecret{Handle::random()}}, {record})), Reason::record_missing);
  const auto tail = world.config().audit_tail(world.realm.id, 10);
  ASSERT_EQ(tail->size(), 1U);
  EXPECT_EQ(tail->front().action, "client.put");
}

TEST_P(StoreConformance, EachPolicyInUseIsToldOnce) {
  model::Realm elsewhere{.handle = Handle::random(), .name = "elsewhere"};
  world.must({PutRealm{elsewhere}});
  const auto realms = world.config().realms().value();
  for (const auto& realm : realms)
    if (realm.name == "elsewhere") elsewhere = realm;
  const auto with_name = [&](const model::Realm& realm, std::string name, bool enabled = true) {
    model::Client client{.handle = Handle::random(), .realm = realm.id, .client_id = Handle::random().str(), .enabled = enabled};
    client.policy.edit().name = std::move(name);
    world.must({PutClient{client}});
    return client;
  };
  with_name(elsewhere, "shared");
  with_name(elsewhere, "shared");
  with_name(elsewhere, "disabled", false);
  const auto removed = with_name(elsewhere, "removed");
  world.must({RemoveClient{removed.handle}});
  with_name(world.realm, "another realm's");
  std::set<std::string> names;
  const auto policies = world.config().policies_in_use(elsewhere.id).value();
  for (const auto& policy : policies) names.insert(policy.name);
  EXPECT_EQ(policies.size(), 2U);
  EXPECT_EQ(names, (std::set<std::string>{"disabled", "shared"}));
}

TEST_P(StoreConformance, ListsGoPageByPage) {
  for (const char* name : {"b", "a", "c"}) {
    world.must({PutClient{{.handle = Handle::random(), .realm = world.realm.id, .client_id = name}}});
    world.must({PutUser{{.handle = Handle::random(), .realm = world.realm.id, .username = name}}});
  }
  const auto names = [](const auto& records, auto member) {
    std::vector<std::string> all;
    for (const auto& record : records) all.push_back(record.*member);
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(*world.config().list_clients(world.realm.id, {.limit = 2}), &model::Client::client_id), (Names{"a", "app"}));
  EXPECT_EQ(names(*world.config().list_clients(world.realm.id, {.after = "app"}), &model::Client::client_id), (Names{"b", "c"}));
  EXPECT_EQ(names(*world.config().list_users(world.realm.id, {.after = "Ada"}), &model::User::username), (Names{"b", "c"}));
}

TEST_P(StoreConformance, TextThatIsNoUtf8IsRefusedAndNeverFound) {
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\xFF"), std::string("\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xE2\x82")}) {
    model::Client client{.handle = Handle::random(), .realm = world.realm.id, .client_id = bad};
    EXPECT_EQ(world.refused({PutClient{client}}), Reason::parameter_invalid);
    EXPECT_EQ(reason_of(world.config().find_client(kPool, world.realm.id, bad)), Reason::record_missing);
    EXPECT_EQ(reason_of(world.config().find_user(kPool, world.realm.id, bad)), Reason::record_missing);
  }
}

TEST_P(StoreConformance, NamesAreDataNotSql) {
  for (const char* name : {"x' or '1'='1", "app'; drop table client; --", "%", "a_p"})
    EXPECT_EQ(reason_of(world.config().find_client(kPool, world.realm.id, name)), Reason::record_missing);
  EXPECT_TRUE(world.config().find_client(kPool, world.realm.id, "app"));
}

TEST_P(StoreConformance, TheHighWaterMarkOnlyRises) {
  world.must({RaiseMaxExpiry{world.client.handle, 2'000'000'000}, RaiseMaxExpiry{world.client.handle, 1'900'000'000}});
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->max_expiry_s, 2'000'000'000);
}

// A token of a long lifetime asks for its mark after it was judged; a revocation in between must not be outlived by it.
TEST_P(StoreConformance, TheMarkIsRefusedToWhatWasRevokedMeanwhile) {
  const auto entry =
      world.must({Revoke{.kind = model::RevocationKind::client, .id = world.client.handle, .ends = false, .prune_after_s = 100}}).front();
  const RaiseMaxExpiry before{world.client.handle, 2'000'000'000, RaiseMaxExpiry::Known{Handle{}, entry.number - 1}};
  EXPECT_EQ(reason_of(world.config().commit(kPool, {before}, {})), Reason::refresh_ended);
  world.must({RaiseMaxExpiry{world.client.handle, 2'000'000'000, RaiseMaxExpiry::Known{Handle{}, entry.number}}});
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->max_expiry_s, 2'000'000'000);
}

TEST_P(StoreConformance, ARevocationIsKeptAsLongAsTheMarkThatItsCallerDidNotKnow) {
  world.must({RaiseMaxExpiry{world.client.handle, 2'000'000'000}});
  const auto entry =
      world.must({Revoke{.kind = model::RevocationKind::client, .id = world.client.handle, .ends = false, .prune_after_s = 100}}).front();
  EXPECT_EQ(entry.prune_after_s, 2'000'000'000);
}

TEST_P(StoreConformance, APasswordRecordIsReplacedOnlyWhileItIsTheOneThatWasVerified) {
  const auto record = [&] { return world.config().find_user(kPool, world.user.handle)->password_record; };
  world.must({ReplacePasswordRecord{world.user.handle, record(), "rehashed"}});
  EXPECT_EQ(record(), "rehashed");
  world.must({ReplacePasswordRecord{world.user.handle, "stolen", "rehashed stolen"}});
  EXPECT_EQ(record(), "rehashed");
}

TEST_P(StoreConformance, AClientIsReplacedOnlyWhileItIsAsItWasRead) {
  const model::Client read = world.client;
  auto changed = read;
  changed.policy.edit().name = "changed";
  auto meanwhile = read;
  meanwhile.policy.edit().access_ttl_s = 60;
  world.must({PutClient{meanwhile}});
  EXPECT_EQ(world.refused({PutClient{.client = changed, .was = read}}), Reason::record_conflict);
  world.must({PutClient{.client = changed, .was = meanwhile}});
  meanwhile = changed;
  meanwhile.is_public = true;
  world.must({PutClient{meanwhile}});
  EXPECT_EQ(world.refused({PutClient{.client = read, .was = changed}}), Reason::record_conflict);
}

TEST_P(StoreConformance, WhoChangesAUserMayLeaveThePasswordThatIsThere) {
  const model::User read = world.user;
  auto meanwhile = read;
  meanwhile.password_record = "$argon2id$meanwhile";
  world.must({PutUser{meanwhile}});
  auto changed = read;
  changed.profile.must_act = true;
  world.must({PutUser{.user = changed, .was = read, .keeps_password = true}});
  const auto found = world.config().find_user(kPool, read.handle);
  EXPECT_EQ(found->password_record, "$argon2id$meanwhile");
  EXPECT_TRUE(found->profile.must_act);
  EXPECT_EQ(world.refused({PutUser{.user = changed, .was = read, .keeps_password = true}}), Reason::record_conflict) << "of the rest";
}

TEST_P(StoreConformance, AUserIsReplacedOnlyWhileTheyAreAsTheyWereRead) {
  const model::User read = *world.config().find_user(kPool, world.user.handle);
  model::User changed = read;
  changed.password_record = "chosen";
  for (const auto& change : std::vector<std::function<void(model::User&)>>{[](auto& user) { user.enabled = false; },
                                                                           [](auto& user) { user.profile.roles = {"fewer"}; },
                                                                           [](auto& user) { user.password_record = "another"; }}) {
    model::User meanwhile = read;
    change(meanwhile);
    world.must({PutUser{meanwhile}});
    EXPECT_EQ(world.refused({PutUser{changed, read}}), Reason::record_conflict);
    world.must({PutUser{read, meanwhile}});
  }
  world.must({PutUser{changed, read}});
  EXPECT_EQ(world.config().find_user(kPool, world.user.handle)->password_record, "chosen");
}

TEST_P(StoreConformance, ALoweredLifetimeKeepsOlderTokensCovered) {
  world.client.policy.edit().access_ttl_s = 60;
  world.must({PutClient{world.client}});
  EXPECT_EQ(world.config().find_client(kPool, world.client.handle)->max_expiry_s, base::to_s(kNow) + 3'600);
}

TEST_P(StoreConformance, WhatMustWaitSaysSoBeforeAnyEffect) {
  const auto family = world.opened(world.family());
  EXPECT_EQ(reason_of(world.config().commit(kIo, {RemoveClient{world.client.handle}}, {})), Reason::would_wait);
  EXPECT_EQ(reason_of(world.sessions().rotate(kIo, family, {}, 0, world.ended)), Reason::would_wait);
  EXPECT_EQ(reason_of(world.sessions().open(kIo, std::nullopt, world.family())), Reason::would_wait);
  EXPECT_EQ(world.sessions().find_family(kPool, family.handle)->generation, 0);
  const auto read = world.config().find_client(kIo, world.realm.id, "app");
  EXPECT_EQ(read.has_value(), !GetParam().remote);
  if (!read) {
    EXPECT_EQ(read.error().reason, Reason::would_wait);
  }
}

TEST_P(StoreConformance, OldAuditRecordsArePruned) {
  for (const int days_ago : {500, 410, 401, 399, 0}) {
    const AuditRecord record{.realm = days_ago == 410 ? 0 : world.realm.id, .at = kNow - std::chrono::days(days_ago)};
    ASSERT_TRUE(world.config().commit(kPool, {}, {record}));
  }
  const auto before = kNow - std::chrono::days(400);
  EXPECT_EQ(*world.config().prune_audit(before, 2), 2) << "the oldest first, about the limit";
  EXPECT_EQ(*world.config().prune_audit(before, 2), 1);
  EXPECT_EQ(*world.config().prune_audit(before, 2), 0);
  EXPECT_EQ(world.config().audit_tail(world.realm.id, 10)->size(), 2U);
  EXPECT_TRUE(world.config().audit_tail(0, 10)->empty());
}

}  // namespace
}  // namespace tessera::store
