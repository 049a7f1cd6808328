#include "cli/housekeeping.h"

#include <gtest/gtest.h>

#include <utility>

#include "sessions/password_record.h"
#include "store/sql_store.h"

namespace tessera::cli {
namespace {

constexpr std::int64_t kDayS = 86'400;

class HousekeepingTest : public testing::Test {
 protected:
  HousekeepingTest() {
    commit({store::PutRealm{{.handle = Handle::random(), .name = "bank"}}});
    realm_ = store_->config().realms()->front();
    client_ = {.handle = Handle::random(), .realm = realm_.id, .client_id = "app"};
    commit({store::PutClient{client_}});
    EXPECT_TRUE(revocations_.load({realm_}));
  }

  void commit(const std::vector<store::Change>& changes, const std::vector<store::AuditRecord>& audit = {}) {
    EXPECT_TRUE(store_->config().commit({now_, Lane::pool}, changes, audit));
  }
  void record(int days_ago) { commit({}, {{.realm = realm_.id, .at = now_ - std::chrono::days(days_ago)}}); }
  std::size_t records() { return store_->config().audit_tail(realm_.id, 100)->size(); }
  Handle open_family() {
    const model::Family family{.handle = Handle::random(),
                               .realm = realm_.id,
                               .client = client_.handle,
                               .nonce = Handle::random(),
                               .expires_at_s = base::to_s(now_) + 10};
    EXPECT_TRUE(store_->sessions().open({now_, Lane::pool}, std::nullopt, family));
    return family.handle;
  }
  bool kept(const Handle& family) { return store_->sessions().find_family({now_, Lane::pool}, family).has_value(); }
  void pass(Housekeeping& housekeeping, std::int64_t seconds) {
    for (std::int64_t s = 0; s < seconds; ++s) housekeeping.tick(now_ += std::chrono::seconds(1));
  }
  Housekeeping make(int audit_keep_days) {
    const auto rotate_keys = [this](TimePoint now, int limit) -> Result<int> {
      rotated_at_.push_back(now);
      return std::min(std::exchange(due_rotations_, std::max(due_rotations_ - limit, 0)), limit);
    };
    return {*store_, revocations_, secret_use_, cost_survey_, rotate_keys, audit_keep_days, log_};
  }

  model::ClientSecret add_secret() {
    const model::ClientSecret secret{.handle = Handle::random(), .client = client_.handle, .hash = "h", .created_at = now_};
    commit({store::AddSecret{secret}});
    return secret;
  }
  std::int64_t last_used_at_s() { return store_->config().secrets_of({now_, Lane::pool}, client_.handle)->front().last_used_at_s; }

  store::Fault next_fault_ = store::Fault::none;
  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory([this] { return std::exchange(next_fault_, store::Fault::none); });
  revocation::Revocations revocations_{store_->config(), store_->journal()};
  clients::SecretUse secret_use_;
  sessions::Passwords passwords_{{.passes = 3, .memory_bytes = 8'192}, Secret(std::string(32, 'n'))};
  sessions::CostSurvey cost_survey_{store_->config(), passwords_};
  observe::Log log_{observe::LogLevel::error, observe::LogFormat::json};
  TimePoint now_ = base::from_s(1'800'000'000);
  int due_rotations_ = 0;
  std::vector<TimePoint> rotated_at_;
  model::Realm realm_;
  model::Client client_;
};

TEST_F(HousekeepingTest, OldRecordsGoWithinAMinute) {
  for (const int days_ago : {401, 399, 0}) record(days_ago);
  auto housekeeping = make(400);
  pass(housekeeping, 59);
  EXPECT_EQ(records(), 3U);
  pass(housekeeping, 1);
  EXPECT_EQ(records(), 2U);
}

TEST_F(HousekeepingTest, RecordsAreKeptForEverWhereThatIsAsked) {
  record(4'000);
  auto housekeeping = make(0);
  pass(housekeeping, 60);
  EXPECT_EQ(records(), 1U);
}

TEST_F(HousekeepingTest, AClockThatJumpsAheadDeletesNothing) {
  record(0);
  const Handle family = open_family();
  auto housekeeping = make(400);
  pass(housekeeping, 60);
  now_ += std::chrono::days(1'000);
  pass(housekeeping, 120);
  EXPECT_EQ(records(), 1U);
  EXPECT_TRUE(kept(family));
}

TEST_F(HousekeepingTest, KeysAreLookedAtEachMinuteAndRotatedOneATick) {
  auto housekeeping = make(0);
  pass(housekeeping, 59);
  EXPECT_TRUE(rotated_at_.empty());
  due_rotations_ = 3;
  pass(housekeeping, 5);
  EXPECT_EQ(due_rotations_, 0);
  EXPECT_EQ(rotated_at_.size(), 4U) << "three steps, and the look that found no more";
  pass(housekeeping, 55);
  EXPECT_EQ(rotated_at_.size(), 4U);
}

TEST_F(HousekeepingTest, AClockThatJumpsAheadRotatesNothing) {
  auto housekeeping = make(0);
  pass(housekeeping, 60);
  const TimePoint before = rotated_at_.back();
  now_ += std::chrono::days(1'000);
  pass(housekeeping, 180);
  EXPECT_LT(rotated_at_.back(), before + std::chrono::hours(1));
}

TEST_F(HousekeepingTest, WhatDiedInOneMinuteIsSweptInOne) {
  std::vector<Handle> families;
  for (int i = 0; i < 2'500; ++i) families.push_back(open_family());
  now_ += std::chrono::seconds(kDayS + 20);
  auto housekeeping = make(400);
  pass(housekeeping, 60);
  for (const auto& family : families) ASSERT_FALSE(kept(family));
}

TEST_F(HousekeepingTest, SecretUseThatCouldNotBeWrittenIsWrittenLater) {
  const auto secret = add_secret();
  secret_use_.note(secret.handle, 0, base::to_s(now_));
  auto housekeeping = make(400);
  pass(housekeeping, 59);
  next_fault_ = store::Fault::before_commit;
  pass(housekeeping, 1);
  EXPECT_EQ(last_used_at_s(), 0);
  pass(housekeeping, 60);
  EXPECT_EQ(last_used_at_s(), 1'800'000'000);
}

TEST_F(HousekeepingTest, AllSecretUseIsWrittenAtTheEnd) {
  const auto secret = add_secret();
  for (int i = 0; i < 20'000; ++i) secret_use_.note(Handle::random(), 0, base::to_s(now_));
  secret_use_.note(secret.handle, 0, base::to_s(now_));
  auto housekeeping = make(400);
  housekeeping.finish();
  EXPECT_EQ(last_used_at_s(), 1'800'000'000);
  EXPECT_TRUE(secret_use_.take(1).empty());
}

TEST_F(HousekeepingTest, WhatRecordsCostIsKnownFromTheStartAndLearntAnewEachHour) {
  const auto unknown_cost = [&] { return std::string(sessions::cost_of(passwords_.compared_with("", {realm_.id, "nobody"}))); };
  const auto put = [&](const char* name, const std::string& cost) {
    commit({store::PutUser{{.handle = Handle::random(),
                            .realm = realm_.id,
                            .username = name,
                            .password_record = cost + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}}});
  };
  const std::string old = "$argon2id$v=19$m=8,t=1,p=1$";
  const std::string newer = "$argon2id$v=19$m=8,t=2,p=1$";
  put("anna", old);
  auto housekeeping = make(0);
  housekeeping.start();
  EXPECT_EQ(unknown_cost(), old);
  for (int i = 0; i < 1'000; ++i) put(("user" + std::to_string(i)).c_str(), newer);
  pass(housekeeping, 3'599);
  EXPECT_EQ(unknown_cost(), old) << "nobody said that users changed";
  pass(housekeeping, 2);
  EXPECT_EQ(unknown_cost(), newer);
}

}  // namespace
}  // namespace tessera::cli
