#include "sessions/cost_survey.h"

#include <gtest/gtest.h>

#include <utility>

#include "sessions/password_record.h"
#include "store/sql_store.h"

namespace tessera::sessions {
namespace {

constexpr int kAllPages = 1'000;
const std::string kToday = "$argon2id$v=19$m=8,t=4,p=1$";

std::string cost(int passes) { return "$argon2id$v=19$m=8,t=" + std::to_string(passes) + ",p=1$"; }

class CostSurveyTest : public testing::Test {
 protected:
  CostSurveyTest() {
    commit({store::PutRealm{{.handle = Handle::random(), .name = "bank"}}, store::PutRealm{{.handle = Handle::random(), .name = "shop"}}});
    const auto realms = store_->config().realms();
    for (const auto& realm : *realms) (realm.name == "bank" ? bank_ : shop_) = realm.id;
  }

  void commit(const std::vector<store::Change>& changes) { ASSERT_TRUE(store_->config().commit({{}, Lane::pool}, changes, {})); }
  void commit_and_tell(const std::vector<store::Change>& changes) {
    commit(changes);
    survey_.on_committed(changes);
  }
  static model::User user(model::RealmId realm, std::string name, int passes) {
    return {.handle = Handle::random(),
            .realm = realm,
            .username = std::move(name),
            .password_record = passes == 0 ? "" : cost(passes) + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"};
  }
  void add_users(model::RealmId realm, char first, int count, int passes) {
    std::vector<store::Change> changes;
    for (int i = 0; i < count; ++i) changes.push_back(store::PutUser{user(realm, first + std::to_string(i), passes)});
    commit(changes);
  }
  /// Of 1,000 unknown names, how many are given that cost.
  int unknown_of(model::RealmId realm, const std::string& wanted) {
    int count = 0;
    for (int i = 0; i < 1'000; ++i) count += cost_of(passwords_.compared_with("", {realm, "unknown" + std::to_string(i)})) == wanted;
    return count;
  }
  void survey() { ASSERT_TRUE(survey_.advance(kAllPages)); }

  std::unique_ptr<store::Store> store_ = *store::open_store_in_memory();
  Passwords passwords_{{.passes = 4, .memory_bytes = 8'192}, Secret(std::string(32, 'n'))};
  CostSurvey survey_{store_->config(), passwords_};
  model::RealmId bank_ = 0;
  model::RealmId shop_ = 0;
};

TEST_F(CostSurveyTest, AnUnknownNameCostsWhatItsRealmsUsersCost) {
  add_users(bank_, 'a', 5, 1);
  add_users(bank_, 'b', 5, 0);
  add_users(shop_, 'a', 5, 2);
  EXPECT_EQ(unknown_of(bank_, kToday), 1'000);
  survey();
  EXPECT_EQ(unknown_of(bank_, cost(1)), 1'000);
  EXPECT_EQ(unknown_of(shop_, cost(2)), 1'000);
}

TEST_F(CostSurveyTest, EveryPageCounts) {
  add_users(bank_, 'a', 150, 1);
  add_users(bank_, 'b', 150, 2);
  survey();
  EXPECT_NEAR(unknown_of(bank_, cost(1)), 500, 100);
  EXPECT_NEAR(unknown_of(bank_, cost(2)), 500, 100);
}

TEST_F(CostSurveyTest, TheFirstRoundCountsFromItsFirstPage) {
  add_users(bank_, 'a', 150, 1);
  add_users(shop_, 'a', 150, 1);
  ASSERT_TRUE(survey_.advance(1));
  EXPECT_EQ(unknown_of(bank_, cost(1)) + unknown_of(shop_, cost(1)), 1'000) << "of one of them a page was read";
}

TEST_F(CostSurveyTest, AnotherRoundReplacesWhatIsKnownAtItsEnd) {
  add_users(bank_, 'b', 150, 1);
  survey();
  add_users(bank_, 'a', 150, 2);
  survey_.set_due();
  int pages = 0;
  while (unknown_of(bank_, cost(2)) == 0 && pages < kAllPages) {
    ASSERT_TRUE(survey_.advance(1));
    ++pages;
  }
  EXPECT_NEAR(unknown_of(bank_, cost(2)), 500, 100) << "not before all 300 were read";
}

TEST_F(CostSurveyTest, AChangedUserMakesARoundDueAndNothingElseDoes) {
  survey();
  const auto anna = user(bank_, "anna", 1);
  commit({store::PutUser{anna}});
  survey_.on_committed({store::Revoke{model::RevocationKind::user, anna.handle}});
  survey();
  EXPECT_EQ(unknown_of(bank_, kToday), 1'000);
  survey_.on_committed({store::PutUser{anna}});
  survey();
  EXPECT_EQ(unknown_of(bank_, cost(1)), 1'000);
  commit_and_tell({store::ReplacePasswordRecord{anna.handle, anna.password_record, cost(2) + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}});
  survey();
  EXPECT_EQ(unknown_of(bank_, cost(2)), 1'000);
  commit_and_tell({store::RemoveUser{anna.handle}});
  survey();
  EXPECT_EQ(unknown_of(bank_, kToday), 1'000);
}

TEST_F(CostSurveyTest, AStoreThatFailsIsAskedAgain) {
  add_users(bank_, 'a', 5, 1);
  store_->close();
  EXPECT_FALSE(survey_.advance(kAllPages));
  EXPECT_FALSE(survey_.advance(kAllPages)) << "still due";
  EXPECT_EQ(unknown_of(bank_, kToday), 1'000);
}

}  // namespace
}  // namespace tessera::sessions
