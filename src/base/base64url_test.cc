#include "base/base64url.h"

#include <gtest/gtest.h>

namespace tessera::base {
namespace {

// RFC 4648, 10, without the padding.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};

TEST(Base64url, KnownVectorsBothWays) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
}

TEST(Base64url, EveryByteSurvivesAtEveryOffset) {
  std::string bytes;
  for (int i = 0; i < 512; ++i) {
    bytes.push_back(static_cast<char>(i * 37));
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

TEST(Base64url, UsesTheUrlAlphabet) {
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
  EXPECT_FALSE(base64url_decode("+//+"));
}

// security.md, case 54.
TEST(Base64url, RefusesWhatIsNotCanonical) {
  for (const std::string_view text : {"Zg==", "Zg=", "Zh", "Zm9", "Zm-", "Z", "Zm9vY", "Zm 9", "Zm9v\n", "Zg\n", "Zm9v.", "\xc3\xa9vb"})
    EXPECT_FALSE(base64url_decode(text)) << text;
  EXPECT_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST(Base64url, OneSpellingForEachByte) {
  int accepted = 0;
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) accepted += base64url_decode(std::string{static_cast<char>(a), static_cast<char>(b)}).has_value();
  EXPECT_EQ(accepted, 256);
}

TEST(Base64url, AppendKeepsWhatWasThere) {
  std::string out = "header.";
  base64url_append(out, "foob");
  EXPECT_EQ(out, "header.Zm9vYg");
}

}  // namespace
}  // namespace tessera::base
