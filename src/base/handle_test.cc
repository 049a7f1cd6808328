#include "base/handle.h"

#include <gtest/gtest.h>

#include <set>

namespace tessera::base {
namespace {

constexpr Handle kCounting{{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x46, 0x07, 0x88, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}};

TEST(Handle, HasTwoForms) {
  EXPECT_EQ(kCounting.str(), "AAECAwQFRgeICQoLDA0ODw");
  EXPECT_EQ(kCounting.uuid(), "00010203-0405-4607-8809-0a0b0c0d0e0f");
  EXPECT_EQ(Handle::parse(kCounting.str()), kCounting);
  EXPECT_EQ(Handle::parse(kCounting.uuid()), kCounting);
}

TEST(Handle, ParsesTheCanonicalSpellingOnly) {
  for (const std::string_view text :
       {"", "AAECAwQFRgeICQoLDA0OD", "AAECAwQFRgeICQoLDA0ODw=", "AAECAwQFRgeICQoLDA0ODx", "00010203-0405-4607-8809-0A0b0c0d0e0f",
        "00010203-0405-4607-8809-0a0b0c0d0e0", "{0010203-0405-4607-8809-0a0b0c0d0e0}", "0001020304-05-4607-8809-0a0b0c0d0e0f",
        "00010203-0405-4607-8809-0a0b0c0d0e0f0", "../../../../../../etc/"})
    EXPECT_FALSE(Handle::parse(text)) << text;
}

TEST(Handle, ARandomOneIsNeverTakenForAnOption) {
  for (int i = 0; i < 2'000; ++i) EXPECT_NE(Handle::random().str().front(), '-');
}

TEST(Handle, RandomOnesDifferAndAreUuidV4) {
  std::set<Handle> seen;
  for (int i = 0; i < 10'000; ++i) {
    const Handle handle = Handle::random();
    EXPECT_TRUE(seen.insert(handle).second);
    const std::string uuid = handle.uuid();
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
  }
}

TEST(Handle, AllZerosIsNone) {
  EXPECT_TRUE(Handle{}.empty());
  EXPECT_FALSE(Handle{});
  EXPECT_TRUE(kCounting);
}

}  // namespace
}  // namespace tessera::base
