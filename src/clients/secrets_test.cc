#include "clients/secrets.h"

#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"

namespace tessera::clients {
namespace {

const TimePoint kNow = base::from_s(1'800'000'000);

class SecretHasherTest : public testing::Test {
 protected:
  static Secret text(std::string_view value) { return Secret(std::string(value)); }
  const SecretHasher hasher_{Secret(std::string(32, 'p'))};
  const Handle client_ = Handle::random();
};

TEST_F(SecretHasherTest, AGeneratedSecretHasItsShapeAndMatchesItsRecord) {
  const NewSecret made = hasher_.generate(client_, kNow, 77);
  const std::string shown(made.text.reveal());
  EXPECT_EQ(shown.size(), 54U);
  EXPECT_TRUE(shown.starts_with("tsec_"));
  EXPECT_EQ(made.record.client, client_);
  EXPECT_TRUE(made.record.handle);
  EXPECT_EQ(made.record.expires_at_s, 77);
  EXPECT_EQ(made.record.created_at, kNow);
  EXPECT_EQ(made.record.hint, shown.substr(50));
  EXPECT_EQ(made.record.hash, base::sha256(shown));
  EXPECT_TRUE(hasher_.matches(made.record, shown));
  EXPECT_FALSE(hasher_.matches(made.record, shown + "x"));
  EXPECT_FALSE(hasher_.matches(made.record, ""));
}

TEST_F(SecretHasherTest, TheChecksumIsThatOfTheTextBeforeIt) {
  const NewSecret made = hasher_.generate(client_, kNow, 0);
  const std::string shown(made.text.reveal());
  // What a scanner would compute, by the other common way: bits of the reversed polynomial from a table.
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : shown.substr(0, 48)) {
    std::uint32_t entry = (crc ^ static_cast<std::uint8_t>(c)) & 0xFF;
    for (int i = 0; i < 8; ++i) entry = entry & 1 ? (entry >> 1) ^ 0xEDB88320U : entry >> 1;
    crc = (crc >> 8) ^ entry;
  }
  std::uint32_t written = 0;
  const std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const char c : shown.substr(48)) written = written * 62 + static_cast<std::uint32_t>(digits.find(c));
  EXPECT_EQ(written, crc ^ 0xFFFFFFFF);
}

TEST_F(SecretHasherTest, NoTwoSecretsAreAlike) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) seen.emplace(hasher_.generate(client_, kNow, 0).text.reveal());
  EXPECT_EQ(seen.size(), 1'000U);
}

TEST_F(SecretHasherTest, AnImportedSecretIsKeptUnderThePepper) {
  const auto record = hasher_.import(client_, text("s3cret"), kNow, 0);
  EXPECT_EQ(record.scheme, model::ClientSecret::Scheme::hmac_pepper);
  EXPECT_EQ(record.hint, "");
  EXPECT_NE(record.hash, base::sha256("s3cret"));
  EXPECT_TRUE(hasher_.matches(record, "s3cret"));
  EXPECT_FALSE(hasher_.matches(record, "s3creT"));
  EXPECT_FALSE(SecretHasher(Secret(std::string(32, 'q'))).matches(record, "s3cret"));
}

TEST_F(SecretHasherTest, OneImportedSecretAtTwoClientsHasTwoHashes) {
  EXPECT_NE(hasher_.import(client_, text("same"), kNow, 0).hash, hasher_.import(Handle::random(), text("same"), kNow, 0).hash);
}

TEST(SecretUse, IsNotedOnceAnHour) {
  SecretUse use;
  const Handle secret = Handle::random();
  std::size_t taken = 0;
  for (std::int64_t minute = 0; minute < 10 * 60; ++minute) {
    use.note(secret, 0, 1'800'000'000 + minute * 60);
    taken += use.take(10).size();
  }
  EXPECT_GE(taken, 10U);
  EXPECT_LE(taken, 11U);
}

TEST(SecretUse, SaysWhenItWas) {
  SecretUse use;
  const Handle secret = Handle::random();
  use.note(secret, 1'799'990'000, 1'800'000'000);
  EXPECT_EQ(use.take(10), (std::vector<SecretUse::Use>{{secret, 1'800'000'000}}));
  EXPECT_TRUE(use.take(10).empty());
}

TEST(SecretUse, WhatTheStoreKnowsIsNotNoted) {
  SecretUse use;
  use.note(Handle::random(), 1'800'000'000, 1'800'003'599);
  EXPECT_TRUE(use.take(10).empty());
}

TEST(SecretUse, IsTakenInPieces) {
  SecretUse use;
  for (int i = 0; i < 5; ++i) use.note(Handle::random(), 0, 1'800'000'000);
  EXPECT_EQ(use.take(3).size(), 3U);
  EXPECT_EQ(use.take(3).size(), 2U);
}

TEST(SecretUse, WhatIsGivenBackIsTakenAgainUnlessThereIsALaterUse) {
  SecretUse use;
  const Handle secret = Handle::random();
  use.note(secret, 0, 1'800'000'000);
  const auto unwritten = use.take(10);
  use.note(secret, 0, 1'800'004'000);
  use.give_back(unwritten);
  EXPECT_EQ(use.take(10), (std::vector<SecretUse::Use>{{secret, 1'800'004'000}}));
  use.give_back(unwritten);
  EXPECT_EQ(use.take(10), unwritten);
}

TEST(SecretUse, IsBounded) {
  SecretUse use;
  for (int i = 0; i < 70'000; ++i) use.note(Handle::random(), 0, 1'800'000'000);
  EXPECT_EQ(use.take(100'000).size(), 65'536U);
}

}  // namespace
}  // namespace tessera::clients
