#include "sessions/base64.h"

#include <gtest/gtest.h>

#include <utility>

namespace tessera::sessions {
namespace {

// RFC 4648, 10, without padding; then the two digits that base64url has otherwise.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xFB\xEF\xBE", "++++"},
    {"\xFF\xFF\xFF", "////"},
};

TEST(Base64, IsReadAndWritten) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes) << text;
  }
}

TEST(Base64, AValueHasOneSpelling) {
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "----", "____", "Zm9\xAD", "\xBA\x87\xAE\xA9", "Zm9v$"})
    EXPECT_FALSE(base64_decode(text)) << text;
}

}  // namespace
}  // namespace tessera::sessions
