#include "keys/rotation.h"

#include <gtest/gtest.h>

namespace tessera::keys {
namespace {

using store::KeyRecord;
using State = store::KeyRecord::State;
using What = RotationStep::What;
using Steps = std::vector<RotationStep>;

constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kStartS = 1'900'000'000;

struct Rotation : testing::Test {
  Rotation() {
    policy.key_rotation_every_s = 90 * kDayS;
    policy.key_published_ahead_s = 2 * kDayS;
  }
  KeyRecord& add(const std::string& kid, State state, std::int64_t created_s, const std::string& alg = "ES256") {
    keys.push_back({.realm = 1, .kid = kid, .alg = alg, .use = "sig", .state = state, .created_at = base::from_s(created_s)});
    return keys.back();
  }
  Steps due(std::int64_t at_s) const { return due_steps(policy, keys, at_s); }
  std::int64_t next(std::string_view kid) const {
    for (const auto& key : keys)
      if (key.kid == kid) return next_state_at_s(policy, keys, key);
    return -1;
  }

  model::RealmPolicy policy;
  std::vector<KeyRecord> keys;
};

TEST_F(Rotation, AKeyIsPublishedThenSignsThenVerifiesThenGoes) {
  add("one", State::signing, kStartS);
  const std::int64_t published_s = kStartS + 90 * kDayS;
  EXPECT_TRUE(due(published_s - 1).empty());
  EXPECT_EQ(due(published_s), (Steps{{What::publish, "ES256"}}));
  EXPECT_EQ(next("one"), published_s + 2 * kDayS) << "when its successor takes over";

  add("two", State::published, published_s);
  EXPECT_TRUE(due(published_s + 2 * kDayS - 1).empty()) << "everyone has to have it first";
  EXPECT_EQ(due(published_s + 2 * kDayS), (Steps{{What::promote, "ES256"}}));
  EXPECT_EQ(next("one"), published_s + 2 * kDayS);
  EXPECT_EQ(next("two"), published_s + 2 * kDayS);

  keys[0].state = State::verify_only;
  keys[0].verify_until_s = published_s + 3 * kDayS;
  keys[1].state = State::signing;
  EXPECT_TRUE(due(published_s + 3 * kDayS - 1).empty()) << "its tokens may live";
  EXPECT_EQ(due(published_s + 3 * kDayS), (Steps{{What::remove, "ES256", "one"}}));
  EXPECT_EQ(next("one"), published_s + 3 * kDayS);
  EXPECT_EQ(next("two"), published_s + 92 * kDayS) << "one takes over from the other every 90 days";
}

TEST_F(Rotation, WithoutAScheduleNothingMoves) {
  policy.key_rotation_every_s = 0;
  add("one", State::signing, 0);
  add("old", State::verify_only, 0).verify_until_s = 1;
  EXPECT_TRUE(due(kStartS).empty());
  EXPECT_EQ(next("one"), 0);
  EXPECT_EQ(next("old"), 0);
}

TEST_F(Rotation, AServerThatWasDownStillPublishesAheadOfUse) {
  add("one", State::signing, kStartS);
  const std::int64_t late_s = kStartS + 400 * kDayS;
  EXPECT_EQ(due(late_s), (Steps{{What::publish, "ES256"}}));
  add("two", State::published, late_s);
  EXPECT_TRUE(due(late_s + kDayS).empty());
  EXPECT_EQ(due(late_s + 2 * kDayS), (Steps{{What::promote, "ES256"}}));
}

TEST_F(Rotation, AKeyPublishedByHandWaitsForItsTurn) {
  add("one", State::signing, kStartS);
  add("early", State::published, kStartS + kDayS);
  EXPECT_TRUE(due(kStartS + 91 * kDayS).empty());
  EXPECT_EQ(due(kStartS + 92 * kDayS), (Steps{{What::promote, "ES256"}}));
  EXPECT_EQ(next("early"), kStartS + 92 * kDayS);
  add("later", State::published, kStartS + 2 * kDayS);
  EXPECT_EQ(next("early"), 0) << "the newest is promoted";
  add("other", State::published, kStartS, "RS256");
  EXPECT_EQ(next("other"), 0) << "nothing signs by its algorithm";
}

TEST_F(Rotation, EachAlgorithmHasItsOwnTurnAndRefreshKeysHaveNone) {
  add("es", State::signing, kStartS);
  add("ps", State::signing, kStartS + kDayS, "PS256");
  add("hs", State::signing, 0, "HS512");
  add("mac", State::signing, 0, "refresh");
  add("old", State::verify_only, 0, "HS512").verify_until_s = 1;
  EXPECT_EQ(due(kStartS + 90 * kDayS), (Steps{{What::publish, "ES256"}}));
  EXPECT_EQ(due(kStartS + 91 * kDayS), (Steps{{What::publish, "PS256"}, {What::publish, "ES256"}}));
  for (const char* kid : {"hs", "mac", "old"}) EXPECT_EQ(next(kid), 0) << kid;
}

}  // namespace
}  // namespace tessera::keys
