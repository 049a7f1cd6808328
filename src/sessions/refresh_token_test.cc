#include "sessions/refresh_token.h"

#include <gtest/gtest.h>

#include <limits>

namespace tessera::sessions {
namespace {

class RefreshTokenTest : public testing::Test {
 protected:
  RefreshTokenTest() {
    family_.realm = 3;
    family_.handle = Handle::random();
    family_.nonce = Handle::random();
    family_.generation = 7;
  }
  std::string mint() const { return mint_refresh_token(kid_, key(), family_); }
  static Secret key(char fill = 'k', model::RealmId realm = 3, std::int64_t epoch = 1) {
    return derive_refresh_key(Secret(std::string(32, fill)), realm, epoch);
  }
  RefreshTokenParts parts() const { return parse_refresh_token(mint()).value(); }

  const std::string kid_ = Handle::random().str();
  model::Family family_;
};

TEST_F(RefreshTokenTest, SaysWhatItWasMintedFrom) {
  EXPECT_EQ(mint().size(), 100U);
  EXPECT_TRUE(mint().starts_with("tsr_"));
  EXPECT_EQ(parts().kid, kid_);
  EXPECT_EQ(parts().family, family_.handle);
  EXPECT_EQ(parts().generation, 7);
  EXPECT_TRUE(refresh_mac_matches(parts(), key(), family_));
}

TEST_F(RefreshTokenTest, IsComputedNotDrawn) { EXPECT_EQ(mint(), mint()); }

TEST_F(RefreshTokenTest, AnOlderGenerationStillMatchesItsOwnMac) {
  const auto shown = parts();
  family_.generation = 9;
  EXPECT_TRUE(refresh_mac_matches(shown, key(), family_));
}

TEST_F(RefreshTokenTest, TheGenerationCanNotBeRaisedByHand) {
  auto shown = parts();
  ++shown.generation;
  EXPECT_FALSE(refresh_mac_matches(shown, key(), family_));
}

TEST_F(RefreshTokenTest, IsBoundToKeyRealmEpochFamilyAndNonce) {
  const auto shown = parts();
  EXPECT_FALSE(refresh_mac_matches(shown, key('x'), family_));
  EXPECT_FALSE(refresh_mac_matches(shown, key('k', 4), family_));
  EXPECT_FALSE(refresh_mac_matches(shown, key('k', 3, 2), family_));
  model::Family other = family_;
  other.nonce = Handle::random();
  EXPECT_FALSE(refresh_mac_matches(shown, key(), other));
  other = family_;
  other.handle = Handle::random();
  EXPECT_FALSE(refresh_mac_matches(shown, key(), other));
}

TEST_F(RefreshTokenTest, AnyFlippedBitOfTheMacIsNoticed) {
  const auto shown = parts();
  for (std::size_t bit = 0; bit < 8 * shown.mac.size(); ++bit) {
    auto forged = shown;
    forged.mac[bit / 8] = static_cast<char>(forged.mac[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(refresh_mac_matches(forged, key(), family_)) << bit;
  }
}

TEST_F(RefreshTokenTest, GarbageIsMalformed) {
  const std::string good = mint();
  for (const std::string& text : {std::string(), std::string("tsr_"), good.substr(1), good.substr(0, 99), good + "A", good + "=",
                                  " " + good, "tsx_" + good.substr(4), "tsr_" + std::string(96, '+'), std::string(1'000'000, 'A')})
    EXPECT_EQ(parse_refresh_token(text).error().reason, Reason::refresh_malformed) << text.substr(0, 120);
}

TEST_F(RefreshTokenTest, TheGenerationHas63Bits) {
  family_.generation = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parts().generation, family_.generation);
  family_.generation = -1;
  EXPECT_EQ(parse_refresh_token(mint()).error().reason, Reason::refresh_malformed);
}

}  // namespace
}  // namespace tessera::sessions
