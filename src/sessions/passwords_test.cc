#include "sessions/passwords.h"

#include <gtest/gtest.h>
#include <sodium/crypto_pwhash.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sessions/password_record.h"
#include "sessions/test_records.h"

namespace tessera::sessions {
namespace {

const PasswordCost kCheap{.passes = 1, .memory_bytes = 8'192};

constexpr std::string_view kOld = "$argon2id$v=19$m=64,t=3,p=1$";
constexpr std::string_view kNew = "$argon2id$v=19$m=8,t=1,p=1$";  // kCheap
constexpr Account kAnna{1, "anna"};

Secret key() { return Secret(std::string(32, 'n')); }
Secret text(std::string_view value) { return Secret(std::string(value)); }

class PasswordsTest : public testing::Test {
 protected:
  std::string record_of(std::string_view password) { return passwords_.hash(text(password)).value(); }
  static CostMix mix(const std::vector<std::pair<std::string_view, int>>& counts) {
    CostMix mix;
    for (const auto& [cost, count] : counts)
      for (int i = 0; i < count; ++i) mix.add(std::string(cost) + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA");
    return mix;
  }
  static std::string dummy_cost(const Passwords& passwords, std::string_view name) {
    return std::string(cost_of(passwords.compared_with("", {kAnna.realm, name})));
  }

  Passwords passwords_{kCheap, key()};
};

TEST_F(PasswordsTest, TheRightPasswordMatchesAndNoOther) {
  const std::string record = record_of("correct horse");
  EXPECT_TRUE(record.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << record;
  EXPECT_TRUE(passwords_.verify(record, kAnna, text("correct horse")));
  EXPECT_FALSE(passwords_.verify(record, kAnna, text("correct horsf")));
  EXPECT_FALSE(passwords_.verify(record, kAnna, text("")));
}

TEST_F(PasswordsTest, TheSamePasswordGivesAnotherRecordEachTime) { EXPECT_NE(record_of("same"), record_of("same")); }

TEST_F(PasswordsTest, Case77PasswordsAlikeIn72BytesAreToldApart) {
  const std::string start(72, 'x');
  const std::string record = record_of(start + "a");
  EXPECT_TRUE(passwords_.verify(record, kAnna, text(start + "a")));
  EXPECT_FALSE(passwords_.verify(record, kAnna, text(start + "b")));
}

TEST_F(PasswordsTest, BytesBehindANullCount) {
  const std::string record = record_of(std::string("a\0b", 3));
  EXPECT_FALSE(passwords_.verify(record, kAnna, text(std::string("a\0c", 3))));
}

TEST_F(PasswordsTest, Case77BeyondTheLimitNothingIsHashed) {
  const std::string longest(kPasswordBytesMax, 'x');
  EXPECT_TRUE(passwords_.verify(record_of(longest), kAnna, text(longest)));
  EXPECT_EQ(passwords_.hash(text(longest + "x")).error().reason, Reason::password_too_long);
  // A cost that libsodium refuses at sight, so the refusal of the long password came before libsodium was asked.
  const Passwords unpayable({.passes = 1, .memory_bytes = std::size_t{1} << 43}, key());
  EXPECT_EQ(unpayable.hash(text(std::string(1'000'000, 'x'))).error().reason, Reason::password_too_long);
  EXPECT_EQ(unpayable.hash(text("short")).error().reason, Reason::pool_full);
  std::array<char, crypto_pwhash_STRBYTES> record{};
  const std::string beyond = longest + "x";
  ASSERT_EQ(crypto_pwhash_str(record.data(), beyond.data(), beyond.size(), kCheap.passes, kCheap.memory_bytes), 0);
  EXPECT_FALSE(passwords_.verify(record.data(), kAnna, text(beyond)));
}

TEST_F(PasswordsTest, AUserWithoutAPasswordIsNeverLetIn) {
  EXPECT_FALSE(passwords_.verify("", kAnna, text("")));
  EXPECT_FALSE(passwords_.verify("", kAnna, text("anything")));
}

TEST_F(PasswordsTest, ARecordIsComparedWithAsItIs) {
  const Passwords stronger({.passes = 2, .memory_bytes = 16'384}, key());
  EXPECT_EQ(stronger.compared_with(record_of("secret"), kAnna).substr(0, 27), "$argon2id$v=19$m=8,t=1,p=1$");
}

TEST_F(PasswordsTest, WithoutRecordsInTheRealmADummyIsOfTodaysCost) {
  const std::string dummy = passwords_.compared_with("", kAnna);
  EXPECT_EQ(cost_of(dummy), "$argon2id$v=19$m=8,t=1,p=1$");
  EXPECT_EQ(dummy.size(), record_of("secret").size());
  passwords_.learn(2, mix({{kOld, 1}}));
  EXPECT_EQ(passwords_.compared_with("", kAnna), dummy) << "another realm's records";
}

TEST_F(PasswordsTest, ADummyIsOfACostThatTheRealmsRecordsHave) {
  passwords_.learn(kAnna.realm, mix({{kOld, 3}}));
  for (const char* unusable : {"", "password", "$argon2id$v=19$m=8,t=65,p=1$c2FsdHNhbHRzYWx0c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"})
    EXPECT_EQ(cost_of(passwords_.compared_with(unusable, kAnna)), kOld) << unusable;
  passwords_.learn(kAnna.realm, {});
  EXPECT_EQ(cost_of(passwords_.compared_with("", kAnna)), kNew);
}

TEST_F(PasswordsTest, ADummyIsOfASchemeThatTheRealmsRecordsHave) {
  for (const auto& foreign : kForeignRecords) {
    CostMix mix;
    mix.add(foreign.ours);
    passwords_.learn(kAnna.realm, std::move(mix));
    const std::string dummy = passwords_.compared_with("", kAnna);
    EXPECT_EQ(cost_of(dummy), cost_of(foreign.ours)) << foreign.name;
    EXPECT_EQ(dummy.size(), foreign.ours.size()) << foreign.name << ": so as many bytes are computed";
    EXPECT_FALSE(passwords_.verify("", kAnna, text(kForeignPassword))) << foreign.name;
  }
}

TEST_F(PasswordsTest, DummiesAreSharedOutAsTheRecordsAre) {
  passwords_.learn(kAnna.realm, mix({{kOld, 1}, {kNew, 3}}));
  int old = 0;
  for (int i = 0; i < 10'000; ++i) old += dummy_cost(passwords_, "user" + std::to_string(i)) == kOld;
  EXPECT_NEAR(old, 2'500, 250);  // more than five standard deviations
}

TEST_F(PasswordsTest, TheSameNameAlwaysLooksTheSame) {
  Passwords restarted(kCheap, key());
  for (Passwords* const each : {&passwords_, &restarted}) each->learn(kAnna.realm, mix({{kOld, 1}, {kNew, 1}}));
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(dummy_cost(restarted, "USER" + number), dummy_cost(passwords_, "user" + number)) << number;
  }
}

TEST_F(PasswordsTest, WhoLacksTheKeyCannotTellWhichCostANameGets) {
  Passwords other(kCheap, Secret(std::string(32, 'o')));
  for (Passwords* const each : {&passwords_, &other}) each->learn(kAnna.realm, mix({{kOld, 1}, {kNew, 1}}));
  int alike = 0;
  for (int i = 0; i < 1'000; ++i) alike += dummy_cost(passwords_, std::to_string(i)) == dummy_cost(other, std::to_string(i));
  EXPECT_NEAR(alike, 500, 100);
}

TEST_F(PasswordsTest, ARecordThatCostsTooMuchIsRefusedThoughThePasswordIsRight) {
  const Passwords imported_from({.passes = 65, .memory_bytes = 8'192}, key());
  EXPECT_FALSE(passwords_.verify(imported_from.hash(text("secret")).value(), kAnna, text("secret")));
  const Passwords at_the_bound({.passes = 64, .memory_bytes = 8'192}, key());
  EXPECT_TRUE(passwords_.verify(at_the_bound.hash(text("secret")).value(), kAnna, text("secret")));
}

TEST_F(PasswordsTest, OtherArgon2RecordsAreNotRead) {
  // libsodium itself would take this argon2i record of "password".
  std::array<char, crypto_pwhash_STRBYTES> record{};
  ASSERT_EQ(crypto_pwhash_str_alg(record.data(), "password", 8, 3, 8'192, crypto_pwhash_ALG_ARGON2I13), 0);
  ASSERT_EQ(crypto_pwhash_str_verify(record.data(), "password", 8), 0);
  EXPECT_FALSE(passwords_.verify(record.data(), kAnna, text("password")));
  EXPECT_FALSE(passwords_.verify("password", kAnna, text("password")));
}

TEST_F(PasswordsTest, ARecordOfOtherParametersStillMatchesAndIsOutdated) {
  const Passwords stronger({.passes = 2, .memory_bytes = 16'384}, key());
  const std::string record = record_of("secret");
  EXPECT_TRUE(stronger.verify(record, kAnna, text("secret")));
  EXPECT_TRUE(stronger.outdated(record));
  EXPECT_FALSE(passwords_.outdated(record));
  EXPECT_FALSE(stronger.outdated(stronger.hash(text("secret")).value()));
}

TEST_F(PasswordsTest, WhatWasHashedElsewhereMatchesAndIsOutdated) {
  for (const auto& foreign : kForeignRecords) {
    EXPECT_TRUE(passwords_.verify(foreign.ours, kAnna, text(kForeignPassword))) << foreign.name;
    EXPECT_FALSE(passwords_.verify(foreign.ours, kAnna, text("wrong"))) << foreign.name;
    EXPECT_TRUE(passwords_.outdated(foreign.ours)) << foreign.name;
  }
  const Passwords as_keycloak({.passes = 5, .memory_bytes = 7'168 * 1'024}, key());
  EXPECT_FALSE(as_keycloak.outdated(kForeignRecords[0].ours)) << "no other than one of today's";
  EXPECT_TRUE(as_keycloak.outdated(kForeignRecords[1].ours)) << "of more lanes";
}

}  // namespace
}  // namespace tessera::sessions
