// A database that is older than what stands beside it.
#include <fstream>

#include "store/store_conformance.h"

namespace tessera::store {
namespace {

std::vector<std::string> names_of(const std::vector<WithdrawnAgain>& again) {
  std::vector<std::string> names;
  for (const auto& [kind, object] : again) names.push_back(std::string(withdrawal_name(kind)) + " " + object);
  return names;
}

int lines_of(const Place& place) {
  std::ifstream file(place.folder->path() + "/withdrawals");
  return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

/// Clients and users beside those of the world, one for each way to lose or to get one.
struct Cast {
  explicit Cast(World& world_) : world(world_) {
    for (auto* client : {&removed, &disabled, &enabled}) world.must({PutClient{*client}});
    for (auto* user : {&gone, &off, &on}) world.must({PutUser{*user}});
    world.must({PutKey{key}});
  }
  model::Client client(std::string id) const {
    model::Client made = world.client;
    made.handle = Handle::random();
    made.client_id = std::move(id);
    made.enabled = made.client_id != "enabled";
    return made;
  }
  model::User user(std::string name) const {
    model::User made = world.user;
    made.handle = Handle::random();
    made.username = std::move(name);
    made.enabled = made.username != "on";
    return made;
  }
  void withdraw() {
    disabled.enabled = off.enabled = false;
    enabled.enabled = on.enabled = true;
    world.user.password_record = "$argon2id$y";
    key.state = KeyRecord::State::gone;
    world.must({EndSecret{world.secret.handle}, RemoveClient{removed.handle}, PutClient{disabled}, PutClient{enabled}});
    world.must({RemoveUser{gone.handle}, PutUser{off}, PutUser{on}});
    world.must({PutUser{world.user}, Revoke{model::RevocationKind::user, world.user.handle}});
    world.realm.enabled = false;
    world.must({PutKey{key}, PutRealm{world.realm}});
  }

  World& world;
  model::Client removed = client("removed");
  model::Client disabled = client("disabled");
  model::Client enabled = client("enabled");
  model::User gone = user("gone");
  model::User off = user("off");
  model::User on = user("on");
  KeyRecord key{.realm = world.realm.id,
                .kid = Handle::random().str(),
                .alg = "ES256",
                .use = "sig",
                .state = KeyRecord::State::signing,
                .sealed = "x"};
};

TEST_P(StoreConformance, WhatWasWithdrawnAfterABackupStaysWithdrawn) {
  Cast cast(world);
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  cast.withdraw();
  world.restore(backup);
  EXPECT_THROW(world.open(), std::runtime_error);
  world.accept_restored();

  EXPECT_EQ(
      names_of(world.store().withdrawn_again()),
      (std::vector<std::string>{"secret.deleted client:app", "client.removed client:removed", "client.disabled client:disabled",
                                "client.enabled client:enabled", "user.removed user:gone", "user.disabled user:off", "user.enabled user:on",
                                "password.changed user:Ada", "key.removed key:" + cast.key.kid, "realm.disabled realm:bank"}));
  auto& config = world.config();
  EXPECT_TRUE(config.secrets_of(kPool, world.client.handle)->empty());
  EXPECT_EQ(reason_of(config.find_client(kPool, cast.removed.handle)), Reason::record_missing);
  EXPECT_FALSE(config.find_client(kPool, cast.disabled.handle)->enabled);
  EXPECT_TRUE(config.find_client(kPool, cast.enabled.handle)->enabled);
  EXPECT_EQ(reason_of(config.find_user(kPool, cast.gone.handle)), Reason::record_missing);
  EXPECT_FALSE(config.find_user(kPool, cast.off.handle)->enabled);
  EXPECT_TRUE(config.find_user(kPool, cast.on.handle)->enabled);
  EXPECT_EQ(config.find_user(kPool, world.user.handle)->password_record, "");
  EXPECT_EQ(config.keys(world.realm.id)->front().state, KeyRecord::State::gone);
  EXPECT_EQ(config.keys(world.realm.id)->front().sealed, "");
  EXPECT_FALSE(config.realms()->front().enabled);
  EXPECT_EQ(config.audit_tail(world.realm.id, 100)->size(), 10U);
}

TEST_P(StoreConformance, ARestoredDatabaseIsAcceptedOnce) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.restore(backup);
  world.accept_restored();
  const auto lines = lines_of(world.place());
  world.reopen();
  EXPECT_TRUE(world.store().withdrawn_again().empty());
  EXPECT_EQ(lines_of(world.place()), lines);
  world.must({RemoveUser{world.user.handle}});
  EXPECT_EQ(lines_of(world.place()), lines + 1) << "the numbers go on after those of the lost database";
}

TEST_P(StoreConformance, ARestoreThatWasCutShortIsNotAccepted) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.restore(backup);
  auto options = world.place().options();
  options.accept = Accept::restored;
  options.now = kNow;
  ASSERT_TRUE(open_store(options)) << "and then the power fails";
  const auto refused = open_store(world.place().options());
  ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
  EXPECT_NE(refused.error().context.find("did not come to its end"), std::string::npos);
  world.accept_restored();
  EXPECT_EQ(*world.journal().epoch(), 2);
  EXPECT_TRUE(world.config().secrets_of(kPool, world.client.handle)->empty());
  world.reopen();
}

TEST_P(StoreConformance, ARestoreThatWasCutShortRemembersThatEpochWasLost) {
  world.close();
  std::filesystem::resize_file(world.place().folder->path() + "/epoch", 0);
  auto options = world.place().options();
  options.accept = Accept::restored;
  options.now = kNow;
  options.without_withdrawals = true;
  ASSERT_TRUE(open_store(options));
  world.accept_restored(true);
  EXPECT_GE(*world.journal().epoch(), 17);
}

TEST_P(StoreConformance, ABackupIsNoticedWithoutARevocationAfterIt) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({PutUser{world.user}});
  world.restore(backup);
  EXPECT_THROW(world.open(), std::runtime_error);
  for (int time = 0; time < 3; ++time) EXPECT_THROW(world.accept_as_is(), std::runtime_error) << "it is known to be older";
  world.accept_restored();
}

TEST_P(StoreConformance, ADatabaseThatIsRestoredUnderAServerIsNoticedByTheNextRevocation) {
  const Revoke revoke{.kind = model::RevocationKind::user, .id = world.user.handle};
  world.must({revoke});
  GetParam().run_sql(world.place(), "update realm set journal_head = 0");
  GetParam().run_sql(world.place(), "delete from journal");
  EXPECT_TRUE(world.store().keep());
  EXPECT_EQ(world.refused({revoke}), Reason::store_corrupt) << "its number was given before";
  EXPECT_EQ(reason_of(world.store().keep()), Reason::store_corrupt);
  world.close();
  // As far as before by the numbers, and all the same not the one that was here.
  const auto refused = open_store(world.place().options());
  ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
  EXPECT_NE(refused.error().context.find("restored under a running server"), std::string::npos) << refused.error().context;
  EXPECT_THROW(world.accept_as_is(), std::runtime_error);
  world.accept_restored();
  world.reopen();
}

TEST_P(StoreConformance, ADatabaseThatIsRestoredUnderAServerIsNoticedWithinAMinute) {
  ASSERT_TRUE(world.store().pass_landmark());
  EXPECT_TRUE(world.store().keep());
  GetParam().run_sql(world.place(), "update meta set landmark = landmark - 1");
  EXPECT_EQ(reason_of(world.store().pass_landmark()), Reason::store_corrupt);
  EXPECT_EQ(reason_of(world.store().keep()), Reason::store_corrupt);
}

TEST_P(StoreConformance, ADatabaseThatIsRestoredUnderAServerIsNoticedByTheNextWithdrawal) {
  model::Client client = world.client;
  client.enabled = false;
  world.must({PutClient{client}});
  // The number of what is undone is given to what comes next.
  GetParam().run_sql(world.place(), "update meta set last_withdrawal = 0");
  GetParam().run_sql(world.place(), "delete from withdrawal");
  EXPECT_EQ(world.refused({EndSecret{world.secret.handle}}), Reason::store_corrupt);
  EXPECT_EQ(reason_of(world.store().keep()), Reason::store_corrupt);
}

TEST_P(StoreConformance, RevocationsThatEndTogetherAreNotTakenForALostDatabase) {
  in_parallel(8, [&](int) {
    for (int i = 0; i < 25; ++i) world.must({Revoke{.kind = model::RevocationKind::user, .id = world.user.handle}});
  });
  EXPECT_TRUE(world.store().pass_landmark());
  EXPECT_TRUE(world.store().keep());
}

TEST_P(StoreConformance, AFirstStartThatWasCutShortIsNoLostDatabase) {
  auto place = GetParam().make_place();
  {
    const auto epoch = EpochFile::open(place.folder->path() + "/epoch").value();
    ASSERT_TRUE(epoch->change([](EpochMark& mark) {
      mark.stamps = {0, 512, 1};
      mark.database_id = 77;
    }));
  }
  EXPECT_TRUE(open_store(place.options()));
}

TEST_P(StoreConformance, AConsentThatWasEndedAfterABackupStaysEnded) {
  const auto given = world.authorizations().grant_consent(kPool, {.handle = Handle::random(),
                                                                  .realm = world.realm.id,
                                                                  .user = world.user.handle,
                                                                  .client = world.client.handle,
                                                                  .scope = "accounts",
                                                                  .remembered = true,
                                                                  .granted_at = kNow});
  ASSERT_TRUE(given);
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({Revoke{.kind = model::RevocationKind::consent, .id = given->handle}});
  world.restore(backup);
  world.accept_restored();
  EXPECT_EQ(names_of(world.store().withdrawn_again()), std::vector<std::string>{"consent.ended user:Ada"});
  EXPECT_TRUE(world.authorizations().consents_of(world.user.handle)->empty());
}

TEST_P(StoreConformance, ARestoreThatCantBeFinishedIsNotBegun) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.must({RemoveUser{world.user.handle}});
  world.must({RemoveClient{world.client.handle}});
  world.restore(backup);
  const auto folder = world.place().folder->path();
  const auto kept = [&] { return EpochFile::open(folder + "/epoch").value()->mark(); };
  const auto before = kept();

  std::fstream(folder + "/withdrawals", std::ios::in | std::ios::out | std::ios::binary).seekp(70).write("?", 1);
  EXPECT_THROW(world.accept_restored(), std::runtime_error) << "line 2 of 3";
  EXPECT_EQ(kept(), before);

  std::filesystem::remove(folder + "/withdrawals");
  GetParam().run_sql(world.place(), "update meta set schema_version = 99");
  auto options = world.place().options();
  options.accept = Accept::restored;
  options.without_withdrawals = true;
  EXPECT_EQ(reason_of(open_store(options)), Reason::config_invalid) << "a newer Tessera's";
  EXPECT_EQ(kept(), before);
}

TEST_P(StoreConformance, AnotherDatabasesWithdrawalsAreNoReasonToRestore) {
  world.must({EndSecret{world.secret.handle}});
  world.close();
  const auto path = world.place().folder->path() + "/withdrawals";
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(40).write("AAAA", 4);
  const auto refused = open_store(world.place().options());
  ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
  EXPECT_NE(refused.error().context.find("remove it"), std::string::npos);
  EXPECT_EQ(refused.error().context.find("restore a backup"), std::string::npos) << refused.error().context;
}

TEST_P(StoreConformance, ABackupIsNoticedAfterACrashInALaterMinute) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  ASSERT_TRUE(world.store().pass_landmark());
  const auto folder = world.place().folder->path();
  std::filesystem::copy_file(folder + "/epoch", folder + "/epoch.crash");
  world.restore(backup);
  std::filesystem::copy_file(folder + "/epoch.crash", folder + "/epoch", std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(world.open(), std::runtime_error);
}

TEST_P(StoreConformance, ALostEpochFileIsMissed) {
  world.close();
  std::filesystem::remove(world.place().folder->path() + "/epoch");
  for (int time = 0; time < 2; ++time) EXPECT_EQ(reason_of(open_store(world.place().options())), Reason::store_corrupt);
  world.accept_as_is();
  world.reopen();
  EXPECT_EQ(*world.journal().epoch(), 1);
}

TEST_P(StoreConformance, ADatabaseThatWasNotTheOneIsMissed) {
  world.close();
  const auto other = GetParam().make_place();
  auto mixed = other.options();
  mixed.data_dir = world.place().folder->path();
  if (mixed.url.empty()) return;  // the database stands in the folder
  for (int time = 0; time < 4; ++time) EXPECT_EQ(reason_of(open_store(mixed)), Reason::store_corrupt);
}

TEST_P(StoreConformance, WithBothWitnessesLostOneHasToSaySo) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.restore(backup);
  for (const char* name : {"/epoch", "/withdrawals"}) std::filesystem::remove(world.place().folder->path() + name);
  for (int time = 0; time < 2; ++time) EXPECT_THROW(world.accept_restored(), std::runtime_error);
  world.accept_restored(true);
  EXPECT_FALSE(world.config().secrets_of(kPool, world.client.handle)->empty());
}

TEST_P(StoreConformance, ACopyOfAnotherTimeAfterANewBeginningIsNoticed) {
  world.must({EndSecret{world.secret.handle}});
  world.close();
  const auto backup = GetParam().back_up(world.place());
  auto fresh = GetParam().make_place();
  for (int time = 0; time < 4; ++time) ASSERT_TRUE(open_store(fresh.options())) << "a new folder served a new database for a while";
  auto mixed = backup().options();
  if (mixed.url.empty())
    std::filesystem::copy_file(mixed.data_dir + "/tessera.db", fresh.folder->path() + "/tessera.db",
                               std::filesystem::copy_options::overwrite_existing);
  mixed.data_dir = fresh.folder->path();
  for (int time = 0; time < 3; ++time) {
    const auto refused = open_store(mixed);
    ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
    EXPECT_NE(refused.error().context.find("not the database that"), std::string::npos) << refused.error().context;
  }
}

TEST_P(StoreConformance, ToJudgeMakesNothing) {
  auto place = GetParam().make_place();
  const auto judged = judge_store(place.options());
  ASSERT_TRUE(judged);
  EXPECT_EQ((*judged)->verdict().standing, Standing::fresh);
  for (const char* name : {"/epoch", "/withdrawals", "/tessera.db"}) EXPECT_FALSE(std::filesystem::exists(place.folder->path() + name));
}

TEST_P(StoreConformance, ARestoreThatFailsBringsACopyNoCloser) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  for (int time = 0; time < 3; ++time) world.reopen();
  world.restore(backup);
  auto options = world.place().options();
  options.accept = Accept::restored;
  options.now = kNow;
  for (int time = 0; time < 8; ++time) ASSERT_TRUE(open_store(options)) << "and then something else fails";
  EXPECT_THROW(world.accept_as_is(), std::runtime_error) << "it is no more than a restore that was begun";
  world.accept_restored();
  world.reopen();
}

TEST_P(StoreConformance, LostRowsOfWithdrawalsAreADefectNotACrash) {
  world.must({EndSecret{world.secret.handle}});
  world.close();
  GetParam().run_sql(world.place(), "delete from withdrawal");
  EXPECT_EQ(reason_of(open_store(world.place().options())), Reason::store_corrupt);
}

TEST_P(StoreConformance, WhatCameAfterTheBackupNeedsNoWithdrawal) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  auto later = world.user;
  later.handle = Handle::random();
  later.username = "later";
  world.must({PutUser{later}});
  world.must({RemoveUser{later.handle}});
  world.restore(backup);
  world.accept_restored();
  EXPECT_TRUE(world.store().withdrawn_again().empty());
}

TEST_P(StoreConformance, OnlyWhatChangesIsWithdrawn) {
  world.client.policy.edit().scopes = {"accounts"};
  world.user.profile.email = "ada@example";
  world.user.password_record = "$argon2id$the same one at other parameters";
  world.must({PutClient{world.client}, PutUser{world.user}, PutRealm{world.realm}});
  EXPECT_EQ(world.refused({EndSecret{world.secret.handle}, EndSecret{Handle::random()}}), Reason::record_missing);
  EXPECT_EQ(lines_of(world.place()), 0);
  world.must({EndSecret{world.secret.handle}});
  EXPECT_EQ(lines_of(world.place()), 1);
}

TEST_P(StoreConformance, WithdrawalsThatAreLostAreMissed) {
  world.close();
  const auto backup = GetParam().back_up(world.place());
  world.open();
  world.must({EndSecret{world.secret.handle}});
  world.must({RemoveUser{world.user.handle}});
  world.restore(backup);
  std::filesystem::resize_file(world.place().folder->path() + "/withdrawals", 57);
  EXPECT_THROW(world.open(), std::runtime_error);
  EXPECT_THROW(world.accept_restored(), std::runtime_error);
  world.accept_restored(true);
  EXPECT_TRUE(world.config().secrets_of(kPool, world.client.handle)->empty());
  EXPECT_TRUE(world.config().find_user(kPool, world.user.handle)) << "nothing says any more that it was removed";
  world.reopen();
}

TEST_P(StoreConformance, WithdrawalsOfAnotherDatabaseAreRefused) {
  world.must({EndSecret{world.secret.handle}});
  world.close();
  const auto path = world.place().folder->path() + "/withdrawals";
  {
    ASSERT_TRUE((*WithdrawalFile::open(path))->append({{.number = 2, .kind = Withdrawal::Kind::user_removed, .id = Handle::random()}}));
  }
  EXPECT_THROW(world.open(), std::runtime_error) << "older than the file";
  std::filesystem::remove(path);
  {
    ASSERT_TRUE((*WithdrawalFile::open(path))->append({{.number = 1, .kind = Withdrawal::Kind::user_removed, .id = Handle::random()}}));
  }
  const auto refused = open_store(world.place().options());
  ASSERT_EQ(reason_of(refused), Reason::store_corrupt);
  EXPECT_NE(refused.error().context.find("another database"), std::string::npos) << refused.error().context;
  std::filesystem::remove(path);
  world.open();
  EXPECT_EQ(lines_of(world.place()), 1);
}

TEST_P(StoreConformance, AFileThatLacksWithdrawalsGetsThemAtStart) {
  world.must({EndSecret{world.secret.handle}});
  world.must({RemoveUser{world.user.handle}});
  world.close();
  std::filesystem::resize_file(world.place().folder->path() + "/withdrawals", 57);
  world.open();
  EXPECT_EQ(lines_of(world.place()), 2);
}

TEST_P(StoreConformance, WithdrawalsThatMeetAreCopiedInOrder) {
  constexpr int kThreads = 8;
  std::vector<model::User> users(kThreads, world.user);
  for (int i = 0; i < kThreads; ++i) {
    users[i].handle = Handle::random();
    users[i].username = "user" + std::to_string(i);
    world.must({PutUser{users[i]}});
  }
  in_parallel(kThreads, [&](int i) { EXPECT_TRUE(world.config().commit(kPool, {RemoveUser{users[i].handle}}, {})); });
  const auto file = WithdrawalFile::open(world.place().folder->path() + "/withdrawals").value();
  EXPECT_EQ(file->after(0)->size(), static_cast<std::size_t>(kThreads)) << "read whole: a number out of order would be refused";
}

}  // namespace
}  // namespace tessera::store
