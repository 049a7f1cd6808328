#include "revocation/revocations.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <map>
#include <thread>

namespace tessera::revocation {
namespace {

using model::RevocationKind;

constexpr std::int64_t kEpoch = 3;
constexpr std::int64_t kNowS = 1'800'000'000;
constexpr std::int64_t kHourS = 3'600;
const Turn kTurn{base::from_s(kNowS), Lane::pool};

/// A journal in memory; pages and prunes as a store does.
class FakeJournal final : public store::JournalStore {
 public:
  Result<std::int64_t> head(model::RealmId realm) override {
    const std::lock_guard lock(mutex);
    if (down) return fail(Reason::store_unavailable);
    return heads[realm];
  }
  Result<std::vector<model::RevocationEvent>> entries_after(model::RealmId realm, std::int64_t number, int limit) override {
    const std::lock_guard lock(mutex);
    if (down) return fail(Reason::store_unavailable);
    std::vector<model::RevocationEvent> page;
    for (const auto& event : entries)
      if (event.realm == realm && event.number > number && std::ssize(page) < limit) page.push_back(event);
    return page;
  }
  Result<int> prune(model::RealmId realm, std::int64_t now_s, int limit) override {
    return erase(limit, [&](const auto& event) { return event.realm == realm && event.prune_after_s != 0 && event.prune_after_s < now_s; });
  }
  Result<int> drop_covered_tokens(model::RealmId realm, const Handle& client, int limit) override {
    if (dropping_fails) return fail(Reason::store_unavailable);
    return erase(limit, [&](const auto& event) {
      return event.realm == realm && event.kind == RevocationKind::token && event.client == client && event.number < heads[realm];
    });
  }
  Result<std::int64_t> epoch() override { return kEpoch; }
  Result<std::int64_t> start_epoch() override { return fail(Reason::internal); }

  model::RevocationEvent append(RevocationKind kind, const Handle& id, std::int64_t prune_after_s = 0, model::RealmId realm = 1,
                                const Handle& client = {}) {
    const std::lock_guard lock(mutex);
    entries.push_back({.realm = realm, .number = ++heads[realm], .kind = kind, .id = id, .prune_after_s = prune_after_s, .client = client});
    return entries.back();
  }
  template <class Over>
  int erase(int limit, Over over) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(std::erase_if(entries, [&](const auto& event) { return limit > 0 && over(event) && limit-- > 0; }));
  }

  bool dropping_fails = false;
  std::mutex mutex;
  std::vector<model::RevocationEvent> entries;
  std::map<model::RealmId, std::int64_t> heads;
  bool down = false;
};

/// Commits Revoke changes to the journal, unless told how to fail.
class FakeConfig final : public store::ConfigStore {
 public:
  explicit FakeConfig(FakeJournal& journal) : journal_(journal) {}

  Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<store::Change>& changes,
                                                     const std::vector<store::AuditRecord>&) override {
    if (turn.lane == Lane::io) return fail(Reason::would_wait);
    if (refusal && *refusal != Reason::commit_unknown) return fail(*refusal);
    std::vector<model::RevocationEvent> events;
    for (const store::Change& change : changes)
      if (const auto* const revoke = std::get_if<store::Revoke>(&change))
        events.push_back(journal_.append(revoke->kind, revoke->id, 0, 1, revoke->client));
    if (on_commit) on_commit();
    if (refusal) return fail(*refusal);
    return events;
  }

  Result<std::vector<model::Realm>> realms() override { return fail(Reason::internal); }
  Result<model::Client> find_client(const Turn&, model::RealmId, std::string_view) override { return fail(Reason::internal); }
  Result<model::Client> find_client(const Turn&, const Handle& handle) override { return model::Client{.handle = handle}; }
  Result<std::vector<model::ClientSecret>> secrets_of(const Turn&, const Handle&) override { return fail(Reason::internal); }
  Result<model::User> find_user(const Turn&, model::RealmId, std::string_view) override { return fail(Reason::internal); }
  Result<model::User> find_user(const Turn&, const Handle&) override { return fail(Reason::internal); }
  Result<std::vector<model::Client>> list_clients(model::RealmId, const store::Page&) override { return fail(Reason::internal); }
  Result<std::vector<model::User>> list_users(model::RealmId, const store::Page&) override { return fail(Reason::internal); }
  Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId) override { return fail(Reason::internal); }
  Result<std::vector<store::KeyRecord>> keys(model::RealmId) override { return fail(Reason::internal); }
  Result<std::vector<store::AuditRecord>> audit_tail(model::RealmId, int) override { return fail(Reason::internal); }
  Result<int> prune_audit(TimePoint, int) override { return fail(Reason::internal); }
  Result<int> drop_unused_policies(int) override { return fail(Reason::internal); }
  Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>&) override { return fail(Reason::internal); }

  std::optional<Reason> refusal;
  std::function<void()> on_commit;

 private:
  FakeJournal& journal_;
};

struct Listener final : store::ChangeListener {
  explicit Listener(std::function<void()> told) : told_(std::move(told)) {}
  void on_committed(const std::vector<store::Change>&) override { told_(); }
  std::function<void()> told_;
};

class RevocationsTest : public testing::Test {
 protected:
  static std::vector<model::Realm> realms(std::initializer_list<model::RealmId> ids) {
    std::vector<model::Realm> made;
    for (const auto id : ids) {
      made.emplace_back();
      made.back().id = id;
    }
    return made;
  }
  static store::Change revoke(const Handle& client) { return store::Revoke{.kind = RevocationKind::client, .id = client}; }
  std::int64_t head_number() const { return model::rev_number(revocations_.head(1)); }
  /// Whether a token of that client, minted with `rev`, is dead.
  bool dead(const Handle& client, std::int64_t number) const {
    model::Lineage lineage;
    lineage.client = client;
    return !revocations_.index(1)->check(Handle::random(), "", lineage, model::make_rev(kEpoch, number), kNowS);
  }

  FakeJournal journal_;
  FakeConfig config_{journal_};
  Revocations revocations_{config_, journal_};
  const Handle client_ = Handle::random();
};

TEST_F(RevocationsTest, LoadReadsEveryPageOfEveryRealm) {
  std::vector<Handle> clients;
  for (int i = 0; i < 2'500; ++i) {
    clients.push_back(Handle::random());
    journal_.append(RevocationKind::client, clients.back());
  }
  journal_.append(RevocationKind::client, client_, 0, 2);
  ASSERT_TRUE(revocations_.load(realms({1, 2})));
  EXPECT_EQ(revocations_.head(1), model::make_rev(kEpoch, 2'500));
  EXPECT_EQ(revocations_.head(2), model::make_rev(kEpoch, 1));
  for (const Handle& client : clients) EXPECT_TRUE(dead(client, 0));
  EXPECT_FALSE(dead(client_, 0)) << "an entry of another realm";
}

TEST_F(RevocationsTest, APrunedJournalKeepsItsHead) {
  journal_.heads[1] = 40;
  journal_.append(RevocationKind::client, client_);
  ASSERT_TRUE(revocations_.load(realms({1})));
  EXPECT_EQ(head_number(), 41);
  EXPECT_TRUE(dead(client_, 40));
}

TEST_F(RevocationsTest, AJournalThatCanNotBeReadIsAnError) {
  journal_.down = true;
  EXPECT_EQ(revocations_.load(realms({1})).error().reason, Reason::store_unavailable);
}

TEST_F(RevocationsTest, WhatWasEndedIsDeadWhenCommitReturns) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  EXPECT_FALSE(dead(client_, 0));
  const auto events = revocations_.commit(kTurn, {revoke(client_)}, {});
  ASSERT_TRUE(events);
  EXPECT_EQ(events->size(), 1U);
  EXPECT_TRUE(dead(client_, 0));
  EXPECT_FALSE(dead(client_, 1)) << "minted by somebody who knew";
}

TEST_F(RevocationsTest, ListenersAreToldAfterTheCommitAndBeforeItCounts) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  int told = 0;
  Listener listener([&] {
    ++told;
    EXPECT_EQ(journal_.heads[1], 1);
    EXPECT_EQ(head_number(), 0);
  });
  revocations_.add_listener(listener);
  ASSERT_TRUE(revocations_.commit(kTurn, {revoke(client_)}, {}));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(head_number(), 1);
}

TEST_F(RevocationsTest, ARefusedCommitTellsNobody) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  Listener listener([] { ADD_FAILURE() << "nothing was committed"; });
  revocations_.add_listener(listener);
  config_.refusal = Reason::record_conflict;
  EXPECT_EQ(revocations_.commit(kTurn, {revoke(client_)}, {}).error().reason, Reason::record_conflict);
  EXPECT_EQ(revocations_.commit({kTurn.now, Lane::io}, {revoke(client_)}, {}).error().reason, Reason::would_wait);
  EXPECT_EQ(head_number(), 0);
}

TEST_F(RevocationsTest, AnUnknownOutcomeIsReadFromTheJournal) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  int told = 0;
  Listener listener([&] { ++told; });
  revocations_.add_listener(listener);
  config_.refusal = Reason::commit_unknown;
  EXPECT_EQ(revocations_.commit(kTurn, {revoke(client_)}, {}).error().reason, Reason::commit_unknown);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(dead(client_, 0));
  config_.refusal.reset();
  ASSERT_TRUE(revocations_.commit(kTurn, {revoke(Handle::random())}, {}));
  EXPECT_EQ(head_number(), 2) << "no gap is left";
}

TEST_F(RevocationsTest, AnUnknownOutcomeIsReadLaterWhenTheStoreIsDown) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  config_.refusal = Reason::commit_unknown;
  journal_.down = true;
  EXPECT_FALSE(revocations_.commit(kTurn, {revoke(client_)}, {}));
  EXPECT_FALSE(dead(client_, 0));
  journal_.down = false;
  config_.refusal.reset();
  ASSERT_TRUE(revocations_.commit(kTurn, {}, {}));
  EXPECT_TRUE(dead(client_, 0));
}

TEST_F(RevocationsTest, EntriesOfACommitUnderWayWaitUntilItsListenersWereTold) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  config_.on_commit = [&] {
    // Another thread looks for lost entries between our commit and our listeners.
    ASSERT_TRUE(revocations_.catch_up());
    EXPECT_EQ(head_number(), 0);
  };
  ASSERT_TRUE(revocations_.commit(kTurn, {revoke(client_)}, {}));
  EXPECT_EQ(head_number(), 1);
}

TEST_F(RevocationsTest, CatchingUpClosesAGapThatAnotherVerbLeft) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  journal_.append(RevocationKind::client, client_);  // a reused refresh token whose commit was lost from sight
  ASSERT_TRUE(revocations_.commit(kTurn, {revoke(Handle::random())}, {}));
  EXPECT_EQ(head_number(), 0);
  ASSERT_TRUE(revocations_.catch_up());
  EXPECT_EQ(head_number(), 2);
  EXPECT_TRUE(dead(client_, 0));
}

TEST_F(RevocationsTest, EntriesMayBePublishedOutOfOrder) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  const auto first = journal_.append(RevocationKind::client, client_);
  const auto second = journal_.append(RevocationKind::client, Handle::random());
  revocations_.publish({second});
  EXPECT_EQ(head_number(), 0);
  revocations_.publish({first});
  EXPECT_EQ(head_number(), 2);
}

TEST_F(RevocationsTest, ManyCommitsAtOnceLeaveNoGap) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) ASSERT_TRUE(revocations_.commit(kTurn, {revoke(Handle::random())}, {}));
    });
  threads.clear();
  EXPECT_EQ(head_number(), 1'000);
}

TEST_F(RevocationsTest, NewCommitsLetThoseUnderWayEndWhenAnOutcomeIsUnknown) {
  ASSERT_TRUE(revocations_.load(realms({1})));
  std::latch first_under_way(1);
  std::latch let_it_end(1);
  std::atomic<int> commits = 0;
  config_.on_commit = [&] {
    const int nth = ++commits;
    if (nth == 1) {
      first_under_way.count_down();
      let_it_end.wait();
    }
    if (nth == 3) {
      EXPECT_TRUE(dead(client_, 0)) << "the journal was not read before the next commit began";
    }
  };
  const auto commit_other = [&] { ASSERT_TRUE(revocations_.commit(kTurn, {revoke(Handle::random())}, {})); };
  std::jthread first(commit_other);
  first_under_way.wait();
  config_.refusal = Reason::commit_unknown;
  ASSERT_FALSE(revocations_.commit(kTurn, {revoke(client_)}, {}));
  EXPECT_FALSE(dead(client_, 0)) << "the first is under way, and its listeners were not told";
  config_.refusal.reset();

  std::jthread third(commit_other);
  // Enough for a commit that does not wait; one that waits may take as long as it likes.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  let_it_end.count_down();
  first.join();
  third.join();
  EXPECT_EQ(head_number(), 3);
}

TEST_F(RevocationsTest, ACommitDoesNotWaitForEverForOneThatHangs) {
  Revocations impatient(config_, journal_, {.catch_up_wait = std::chrono::milliseconds(1)});
  ASSERT_TRUE(impatient.load(realms({1})));
  int commits = 0;
  config_.on_commit = [&] {
    if (++commits > 1) return;
    ASSERT_TRUE(impatient.catch_up());
    ASSERT_TRUE(impatient.commit(kTurn, {revoke(Handle::random())}, {}));
  };
  ASSERT_TRUE(impatient.commit(kTurn, {revoke(client_)}, {}));
  EXPECT_EQ(model::rev_number(impatient.head(1)), 2);
}

class FoldTest : public RevocationsTest {
 protected:
  /// Revokes that many single tokens; the last of them.
  Handle revoke_tokens(const Handle& client, int count) {
    Handle jti;
    for (int i = 0; i < count; ++i) {
      jti = Handle::random();
      const store::Revoke token{.kind = RevocationKind::token, .id = jti, .realm = 1, .client = client};
      EXPECT_TRUE(folding_.commit(kTurn, {token}, {}));
    }
    return jti;
  }
  bool dead(const Handle& jti, const Handle& client, std::int64_t number) const {
    return !folding_.index(1)->check(jti, "", {.client = client}, model::make_rev(kEpoch, number), kNowS);
  }

  Revocations folding_{config_, journal_, {.token_entries = 10}};
  const Handle other_ = Handle::random();
};

TEST_F(FoldTest, TooManyTokensOfAClientBecomeOneEntryForAllThatItHolds) {
  ASSERT_TRUE(folding_.load(realms({1})));
  const Handle others_token = revoke_tokens(other_, 1);
  const Handle token = revoke_tokens(client_, 9);
  EXPECT_TRUE(folding_.fold(kTurn)->empty()) << "not yet too many";
  revoke_tokens(client_, 1);
  EXPECT_EQ(*folding_.fold(kTurn), std::vector<Handle>{client_});
  EXPECT_EQ(folding_.index(1)->token_entries(), 1U);
  EXPECT_EQ(journal_.entries.size(), 2U);
  EXPECT_TRUE(dead(token, client_, 0)) << "revoked it stays";
  EXPECT_TRUE(dead(Handle::random(), client_, 11)) << "and with it the client's other tokens";
  EXPECT_FALSE(dead(Handle::random(), client_, 12)) << "but not what it is given from now on";
  EXPECT_TRUE(dead(others_token, other_, 0));
  EXPECT_FALSE(dead(Handle::random(), other_, 0)) << "other clients' tokens live on";
}

TEST_F(FoldTest, WhatIsFoldedIsToldThoughItsEntriesCantBeDropped) {
  ASSERT_TRUE(folding_.load(realms({1})));
  revoke_tokens(client_, 11);
  journal_.dropping_fails = true;
  const auto folded = folding_.fold(kTurn);
  ASSERT_TRUE(folded);
  EXPECT_EQ(*folded, std::vector<Handle>{client_});
  EXPECT_EQ(folding_.index(1)->token_entries(), 0U);
  EXPECT_TRUE(folding_.fold(kTurn)->empty());
}

TEST_F(FoldTest, AFoldThatACrashCutShortIsNotDoneAgain) {
  for (int i = 0; i < 12; ++i) journal_.append(RevocationKind::token, Handle::random(), 0, 1, client_);
  journal_.append(RevocationKind::client, client_);
  ASSERT_TRUE(folding_.load(realms({1})));
  EXPECT_TRUE(folding_.fold(kTurn)->empty());
  EXPECT_EQ(folding_.index(1)->token_entries(), 0U);
  EXPECT_EQ(model::rev_number(folding_.head(1)), 13);
}

TEST_F(FoldTest, TokensOfWhichNobodyKnowsTheClientAreKept) {
  ASSERT_TRUE(folding_.load(realms({1})));
  revoke_tokens(Handle{}, 12);
  EXPECT_TRUE(folding_.fold(kTurn)->empty());
  EXPECT_EQ(folding_.index(1)->token_entries(), 12U);
}

TEST_F(RevocationsTest, ANewRealmCountsFromWhenItIsAdded) {
  ASSERT_TRUE(revocations_.load({}));
  EXPECT_EQ(revocations_.index(1), nullptr);
  EXPECT_EQ(revocations_.head(1), model::make_rev(kEpoch, 0));
  journal_.append(RevocationKind::client, client_);
  Listener listener([&] { ASSERT_TRUE(revocations_.add_realm(1)); });
  revocations_.add_listener(listener);
  ASSERT_TRUE(revocations_.commit(kTurn, {}, {}));
  EXPECT_EQ(head_number(), 1);
  const auto* const before = revocations_.index(1);
  ASSERT_TRUE(revocations_.add_realm(1));
  EXPECT_EQ(revocations_.index(1), before);
}

class PruneTest : public RevocationsTest {
 protected:
  void SetUp() override {
    journal_.append(RevocationKind::client, client_, kNowS + 60);
    ASSERT_TRUE(revocations_.load(realms({1})));
    prune(kNowS);
  }
  void prune(std::int64_t now_s) { ASSERT_TRUE(revocations_.prune(now_s)); }
  /// As time passes: a call every ten minutes.
  void pass(std::int64_t from_s, std::int64_t to_s) {
    for (std::int64_t now_s = from_s; now_s <= to_s; now_s += 600) prune(now_s);
  }
  bool kept() const { return revocations_.index(1)->size() == 1; }
};

TEST_F(PruneTest, AnEntryGoesTwoHoursAfterItCouldKillNothingAnyMore) {
  pass(kNowS, kNowS + 2 * kHourS);
  EXPECT_TRUE(kept());
  pass(kNowS + 2 * kHourS, kNowS + 2 * kHourS + 600);
  EXPECT_FALSE(kept());
  EXPECT_TRUE(journal_.entries.empty());
  EXPECT_EQ(head_number(), 1);
}

TEST_F(PruneTest, Case91AClockThatStepsForwardAnHourAndBackRevivesNothing) {
  prune(kNowS + kHourS);
  EXPECT_TRUE(kept());
  prune(kNowS + 60);
  prune(kNowS + 60 + kHourS);
  EXPECT_TRUE(kept());
}

TEST_F(PruneTest, Case91AnEntryDatedByASlowClockOutlivesTheTokenThatItKills) {
  // The entry holds for tokens until 60 s from now by its own clock; a clock an hour ahead issued one that lives until 60 s after that.
  pass(kNowS, kNowS + kHourS);
  prune(kNowS + 2 * kHourS);
  EXPECT_TRUE(kept()) << "back by an hour, the token is still to expire";
}

TEST_F(PruneTest, Case91AClockThatJumpsAheadPrunesNothingThenNorLater) {
  const std::int64_t tomorrow_s = kNowS + 24 * kHourS;
  prune(tomorrow_s);
  EXPECT_TRUE(kept());
  prune(tomorrow_s + 60);
  EXPECT_TRUE(kept()) << "the clock is still wrong";
  pass(tomorrow_s, tomorrow_s + 3 * kHourS);
  EXPECT_FALSE(kept()) << "three hours did pass";
}

TEST_F(PruneTest, Case91AClockThatJumpsBackPrunesLater) {
  prune(kNowS - 24 * kHourS);
  pass(kNowS - 24 * kHourS, kNowS - 20 * kHourS);
  EXPECT_TRUE(kept());
}

}  // namespace
}  // namespace tessera::revocation
