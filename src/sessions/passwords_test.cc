#include "sessions/passwords.h"

#include <gtest/gtest.h>
#include <sodium/crypto_pwhash.h>

#include <array>
#include <string>

namespace tessera::sessions {
namespace {

const PasswordCost kCheap{.passes = 1, .memory_bytes = 8'192};

Secret text(std::string_view value) { return Secret(std::string(value)); }

class PasswordsTest : public testing::Test {
 protected:
  std::string record_of(std::string_view password) { return passwords_.hash(text(password)).value(); }
  const Passwords passwords_{kCheap};
};

TEST_F(PasswordsTest, TheRightPasswordMatchesAndNoOther) {
  const std::string record = record_of("correct horse");
  EXPECT_TRUE(record.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << record;
  EXPECT_TRUE(passwords_.verify(record, text("correct horse")));
  EXPECT_FALSE(passwords_.verify(record, text("correct horsf")));
  EXPECT_FALSE(passwords_.verify(record, text("")));
}

TEST_F(PasswordsTest, TheSamePasswordGivesAnotherRecordEachTime) { EXPECT_NE(record_of("same"), record_of("same")); }

TEST_F(PasswordsTest, Case77PasswordsAlikeIn72BytesAreToldApart) {
  const std::string start(72, 'x');
  const std::string record = record_of(start + "a");
  EXPECT_TRUE(passwords_.verify(record, text(start + "a")));
  EXPECT_FALSE(passwords_.verify(record, text(start + "b")));
}

TEST_F(PasswordsTest, BytesBehindANullCount) {
  const std::string record = record_of(std::string("a\0b", 3));
  EXPECT_FALSE(passwords_.verify(record, text(std::string("a\0c", 3))));
}

TEST_F(PasswordsTest, Case77BeyondTheLimitNothingIsHashed) {
  const std::string longest(kPasswordBytesMax, 'x');
  EXPECT_TRUE(passwords_.verify(record_of(longest), text(longest)));
  EXPECT_EQ(passwords_.hash(text(longest + "x")).error().reason, Reason::password_too_long);
  // A cost that libsodium refuses at sight, so the refusal of the long password came before libsodium was asked.
  const Passwords unpayable({.passes = 1, .memory_bytes = std::size_t{1} << 43});
  EXPECT_EQ(unpayable.hash(text(std::string(1'000'000, 'x'))).error().reason, Reason::password_too_long);
  EXPECT_EQ(unpayable.hash(text("short")).error().reason, Reason::pool_full);
  std::array<char, crypto_pwhash_STRBYTES> record{};
  const std::string beyond = longest + "x";
  ASSERT_EQ(crypto_pwhash_str(record.data(), beyond.data(), beyond.size(), kCheap.passes, kCheap.memory_bytes), 0);
  EXPECT_FALSE(passwords_.verify(record.data(), text(beyond)));
}

TEST_F(PasswordsTest, AUserWithoutAPasswordIsNeverLetIn) {
  EXPECT_FALSE(passwords_.verify("", text("")));
  EXPECT_FALSE(passwords_.verify("", text("anything")));
}

TEST_F(PasswordsTest, ARecordThatCostsTooMuchIsRefusedThoughThePasswordIsRight) {
  const Passwords imported_from({.passes = 11, .memory_bytes = 8'192});
  EXPECT_FALSE(passwords_.verify(imported_from.hash(text("secret")).value(), text("secret")));
  const Passwords at_the_bound({.passes = 10, .memory_bytes = 8'192});
  EXPECT_TRUE(passwords_.verify(at_the_bound.hash(text("secret")).value(), text("secret")));
}

TEST_F(PasswordsTest, OnlyArgon2idRecordsAreRead) {
  // libsodium itself would take this argon2i record of "password".
  std::array<char, crypto_pwhash_STRBYTES> record{};
  ASSERT_EQ(crypto_pwhash_str_alg(record.data(), "password", 8, 3, 8'192, crypto_pwhash_ALG_ARGON2I13), 0);
  ASSERT_EQ(crypto_pwhash_str_verify(record.data(), "password", 8), 0);
  EXPECT_FALSE(passwords_.verify(record.data(), text("password")));
  EXPECT_FALSE(passwords_.verify("password", text("password")));
}

TEST_F(PasswordsTest, ARecordOfOtherParametersStillMatchesAndIsOutdated) {
  const Passwords stronger({.passes = 2, .memory_bytes = 16'384});
  const std::string record = record_of("secret");
  EXPECT_TRUE(stronger.verify(record, text("secret")));
  EXPECT_TRUE(stronger.outdated(record));
  EXPECT_FALSE(passwords_.outdated(record));
  EXPECT_FALSE(stronger.outdated(stronger.hash(text("secret")).value()));
}

}  // namespace
}  // namespace tessera::sessions
