#include "verifier/verifier.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <thread>
#include <vector>

#include "base/base64url.h"
#include "jose/json.h"
#include "jose/jwt.h"

namespace tessera::verifier {
namespace {

constexpr std::string_view kIssuer = "https://id.example/realms/a";
constexpr std::int64_t kNowS = 1'900'000'000;
const TimePoint kNow = base::from_s(kNowS);
const Handle kClient = Handle::random();

struct TokenPlan {
  std::string issuer = std::string(kIssuer);
  std::int64_t expires_at_s = kNowS + 300;
  std::int64_t not_before_s = 0;
  model::Rev rev = model::make_rev(1, 5);
  std::string payload_typ = "Bearer";
};

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { hold(key_); }

  void hold(const jose::SigningKey& key) { keys_.insert_or_assign(key.kid(), jose::VerifyKey::of(key)); }

  Trust trust() const {
    return {.issuer = std::string(kIssuer),
            .key =
                [this](std::string_view kid) {
                  const auto found = keys_.find(kid);
                  return found == keys_.end() ? nullptr : &found->second;
                },
            .revocations = &revocations_};
  }

  std::string mint(const TokenPlan& plan = {}) const { return mint_with(key_, plan); }

  static std::string mint_with(const jose::SigningKey& key, const TokenPlan& plan = {}) {
    jose::JsonWriter lineage;
    lineage.field("client", kClient.str());
    jose::JsonWriter claims;
    claims.field("iss", plan.issuer).field("aud", "api").field("exp", plan.expires_at_s).field("iat", kNowS - 10);
    if (plan.not_before_s != 0) claims.field("nbf", plan.not_before_s);
    claims.field("jti", Handle::random().str()).field("client_id", "app").field("typ", plan.payload_typ).field("rev", plan.rev);
    claims.raw("lineage", std::move(lineage).finish());
    return *jose::JwtBuilder(key, "JWT").sign(std::move(claims).finish());
  }

  Reason judge(std::string_view token, std::string_view audience = {}, TimePoint now = kNow) const {
    const auto verified = verifier_.verify(token, trust(), now, audience);
    return verified ? Reason::internal : verified.error().reason;
  }
  static constexpr Reason kLives = Reason::internal;

  const jose::SigningKey key_ = *jose::SigningKey::generate(jose::Alg::es256, Handle::random().str());
  std::map<std::string, jose::VerifyKey, std::less<>> keys_;
  RevocationIndex revocations_{1, 5};
  Verifier verifier_{256};
};

TEST_F(VerifierTest, SaysWhatALiveTokenHolds) {
  const std::string token = mint();
  const auto first = verifier_.verify(token, trust(), kNow, "api");
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->client_id, "app");
  EXPECT_EQ((*first)->kid, key_.kid());
  EXPECT_EQ((*first)->lineage.client, kClient);
  const auto second = verifier_.verify(token, trust(), kNow, "api");
  EXPECT_EQ(*first, *second) << "from the cache";
}

TEST_F(VerifierTest, EveryCheckHoldsForACachedTokenToo) {
  const std::string token = mint({.not_before_s = kNowS - 100});
  ASSERT_EQ(judge(token), kLives);
  EXPECT_EQ(judge(token, "web"), Reason::token_audience_wrong);
  EXPECT_EQ(judge(token, {}, base::from_s(kNowS + 300)), Reason::token_expired);
  EXPECT_EQ(judge(token, {}, base::from_s(kNowS - 200)), Reason::token_not_yet_valid);
  EXPECT_EQ(judge(token), kLives);
  Trust other = trust();
  other.issuer = "https://id.example/realms/b";
  EXPECT_EQ(verifier_.verify(token, other, kNow).error().reason, Reason::token_issuer_wrong);
  other = trust();
  other.revocations = nullptr;
  EXPECT_FALSE(verifier_.verify(token, other, kNow));
}

// security.md, case 47.
TEST_F(VerifierTest, ARevocationKillsACachedTokenAtOnce) {
  const std::string token = mint();
  ASSERT_EQ(judge(token), kLives);
  revocations_.publish({.number = 6, .kind = model::RevocationKind::client, .id = kClient, .prune_after_s = kNowS + 1'000});
  EXPECT_EQ(judge(token), Reason::token_revoked);
  EXPECT_EQ(judge(mint({.rev = model::make_rev(1, 6)})), kLives);
  EXPECT_EQ(judge(mint({.rev = model::make_rev(1, 7)})), Reason::token_rev_ahead);
  EXPECT_EQ(judge(mint({.rev = model::make_rev(0, 99)})), Reason::token_revoked);
}

/// The other ES256 signature of the same text: s becomes n - s (P-256 has the order n).
std::string with_other_s(const std::string& token) {
  constexpr std::array<std::uint8_t, 32> kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                                   0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  const std::size_t dot = token.rfind('.');
  std::string signature = *base::base64url_decode(std::string_view(token).substr(dot + 1));
  int borrow = 0;
  for (std::size_t i = kOrder.size(); i-- > 0;) {
    const int difference = kOrder[i] - static_cast<std::uint8_t>(signature[32 + i]) - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature[32 + i] = static_cast<char>(difference + 256 * borrow);
  }
  return token.substr(0, dot + 1) + base::base64url_encode(signature);
}

TEST_F(VerifierTest, TheOtherSpellingOfASignatureIsTheSameTokenAndDiesWithIt) {
  const std::string token = mint({.rev = model::make_rev(1, 4)});
  const std::string other = with_other_s(token);
  ASSERT_NE(other, token);
  const auto first = verifier_.verify(token, trust(), kNow);
  const auto second = verifier_.verify(other, trust(), kNow);
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->jti, (*second)->jti);
  revocations_.publish({.number = 6, .kind = model::RevocationKind::token, .id = (*first)->jti, .prune_after_s = kNowS + 1'000});
  EXPECT_EQ(judge(token), Reason::token_revoked);
  EXPECT_EQ(judge(other), Reason::token_revoked);
}

TEST_F(VerifierTest, AKeyThatIsGoneKillsACachedTokenAtOnce) {
  const std::string token = mint();
  ASSERT_EQ(judge(token), kLives);
  keys_.clear();
  EXPECT_EQ(judge(token), Reason::token_key_unknown);
}

TEST_F(VerifierTest, AnotherKeyUnderTheSameKidIsAnotherKey) {
  const std::string token = mint();
  ASSERT_EQ(judge(token), kLives);
  hold(*jose::SigningKey::generate(jose::Alg::es256, key_.kid()));
  EXPECT_EQ(judge(token), Reason::token_signature_wrong);
  hold(key_);
  EXPECT_EQ(judge(token), kLives);
}

TEST_F(VerifierTest, TimeIsExactButForAnEarlyClock) {
  EXPECT_EQ(judge(mint({.expires_at_s = kNowS + 1})), kLives);
  EXPECT_EQ(judge(mint({.expires_at_s = kNowS})), Reason::token_expired);
  EXPECT_EQ(judge(mint({.not_before_s = kNowS + 10})), kLives);
  EXPECT_EQ(judge(mint({.not_before_s = kNowS + 11})), Reason::token_not_yet_valid);
}

TEST_F(VerifierTest, WhatHasExpiredIsNotValidAgainAfterTheClockStepsBack) {
  const std::string token = mint({.expires_at_s = kNowS + 300});
  ASSERT_EQ(judge(token, {}, base::from_s(kNowS + 300)), Reason::token_expired);
  EXPECT_EQ(judge(token, {}, base::from_s(kNowS + 301 - 3'600)), Reason::token_not_yet_valid);
}

TEST_F(VerifierTest, NoChangedTokenPasses) {
  const std::string token = mint();
  ASSERT_EQ(judge(token), kLives);
  for (std::size_t i = 0; i < token.size(); i += 7) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(judge(changed), kLives) << i;
  }
  EXPECT_NE(judge(token.substr(0, token.size() - 1)), kLives);
  EXPECT_NE(judge(token + "A"), kLives);
  // The same signature over another payload: the cache finds the one, and must not answer for the other.
  const std::string other = mint({.expires_at_s = kNowS + 9'999});
  EXPECT_EQ(judge(other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'))), Reason::token_signature_wrong);
  for (const std::string_view garbage : {"", ".", "..", "a.b.c", "\0"}) EXPECT_EQ(judge(garbage), Reason::token_malformed);
}

TEST_F(VerifierTest, TheHeadersAlgorithmHasToBeTheKeys) {
  const auto rsa = *jose::SigningKey::generate(jose::Alg::rs256, key_.kid());
  EXPECT_EQ(judge(mint_with(rsa)), Reason::token_signature_wrong);
  // A symmetric signature under the public key's bytes, the classic confusion.
  const auto hmac = *jose::SigningKey::from_private(jose::Alg::hs512, key_.kid(), key_.public_spki_base64());
  EXPECT_EQ(judge(mint_with(hmac)), Reason::token_signature_wrong);
}

// security.md, case 58.
TEST_F(VerifierTest, OtherTypesOfTokenAreNoAccessTokens) {
  for (const char* const typ : {"ID", "Refresh", "Offline"}) EXPECT_EQ(judge(mint({.payload_typ = typ})), Reason::token_type_wrong);
}

// security.md, case 52.
TEST_F(VerifierTest, AnUnknownKidIsOnlyUnknown) {
  for (const char* const kid : {"../../etc/passwd", "' OR 1=1 --", ""})
    EXPECT_EQ(judge(mint_with(*jose::SigningKey::generate(jose::Alg::es256, kid))), Reason::token_key_unknown);
}

TEST_F(VerifierTest, MoreTokensThanTheCacheHolds) {
  const auto fast = *jose::SigningKey::generate(jose::Alg::eddsa, "fast");
  hold(fast);
  std::vector<std::string> tokens;
  for (int i = 0; i < 1'000; ++i) tokens.push_back(mint_with(fast));
  for (int round = 0; round < 2; ++round)
    for (const auto& token : tokens) EXPECT_EQ(judge(token), kLives);
}

TEST_F(VerifierTest, ManyThreads) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i) tokens.push_back(mint());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        for (const auto& token : tokens) EXPECT_EQ(judge(token), kLives);
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace tessera::verifier
