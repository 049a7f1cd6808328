#include "grants/liveness.h"

#include <gtest/gtest.h>

namespace tessera::grants {
namespace {

using base::from_s;

struct Live {
  std::shared_ptr<model::Realm> realm = std::make_shared<model::Realm>();
  std::shared_ptr<model::Client> client = std::make_shared<model::Client>();
  std::shared_ptr<model::User> user = std::make_shared<model::User>();
  model::Authorization authorization;

  Live() {
    authorization.realm = realm;
    authorization.client = client;
    authorization.user = user;
    authorization.session = model::Session{.handle = Handle::random(), .expires_at_s = 5000};
    authorization.family = model::Family{
        .handle = Handle::random(), .last_used_at = from_s(1000), .expires_at_s = 5000, .idle_ttl_s = 1800, .rev = model::make_rev(1, 7)};
    authorization.proof_issued_at_s = 1000;
  }
  Reason refusal(std::int64_t now_s) const {
    const auto status = require_live(authorization, from_s(now_s));
    return status ? Reason::would_wait : status.error().reason;
  }
};

TEST(Liveness, AcceptsWhatIsInForce) { EXPECT_TRUE(require_live(Live().authorization, from_s(2000))); }

TEST(Liveness, EveryPartOfTheLineageCounts) {
  Live live;
  live.realm->enabled = false;
  EXPECT_EQ(live.refusal(2000), Reason::realm_disabled);
  live = Live();
  live.client->enabled = false;
  EXPECT_EQ(live.refusal(2000), Reason::client_disabled);
  live = Live();
  live.user->enabled = false;
  EXPECT_EQ(live.refusal(2000), Reason::user_disabled);
  live = Live();
  live.authorization.session->ended = true;
  EXPECT_EQ(live.refusal(2000), Reason::session_ended);
  live = Live();
  live.authorization.family->ended = true;
  EXPECT_EQ(live.refusal(2000), Reason::refresh_ended);
}

TEST(Liveness, ARevocationAfterTheFamilyWasBornEndsIt) {
  for (auto member : {0, 1, 2}) {
    Live live;
    std::int64_t& ended_seq = member == 0 ? live.realm->ended_seq : member == 1 ? live.client->ended_seq : live.user->ended_seq;
    ended_seq = 7;
    EXPECT_TRUE(require_live(live.authorization, from_s(2000))) << "known when the family was born";
    ended_seq = 8;
    EXPECT_EQ(live.refusal(2000), Reason::refresh_ended);
  }
}

TEST(Liveness, LifetimesEndOnTheSecond) {
  Live live;
  EXPECT_TRUE(require_live(live.authorization, from_s(2799)));
  EXPECT_EQ(live.refusal(2800), Reason::refresh_expired) << "idle";
  live.authorization.family->last_used_at = from_s(4900);
  EXPECT_EQ(live.refusal(5000), Reason::session_ended) << "absolute";
}

TEST(Liveness, TheIdleClockOfAReusedTokenIsReadWithItsSlack) {
  Live live;
  live.authorization.family->mode = model::RefreshMode::fixed;
  EXPECT_TRUE(require_live(live.authorization, from_s(2859)));
  EXPECT_EQ(live.refusal(2860), Reason::refresh_expired);
}

TEST(Liveness, TheLatestNotBeforeCounts) {
  Live live;
  live.realm->not_before_s = 900;
  live.client->not_before_s = 1001;
  EXPECT_EQ(live.refusal(2000), Reason::refresh_stale);
  live.client->not_before_s = 1000;
  EXPECT_TRUE(require_live(live.authorization, from_s(2000)));
}

}  // namespace
}  // namespace tessera::grants
