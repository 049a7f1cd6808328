#include "base/name_hash.h"

#include <gtest/gtest.h>

namespace tessera::base {
namespace {

TEST(NameHash, TellsNamesApartUnderAKeyOfItsOwn) {
  const NameHash names;
  EXPECT_EQ(names("anna"), names("anna"));
  EXPECT_NE(names("anna"), names("berta"));
  EXPECT_NE(names("anna"), NameHash()("anna"));
}

TEST(NameHash, SaysNothingOfAnUnknownName) {
  const NameHash names;
  const std::string text = names.unknown("hunter2");
  EXPECT_TRUE(text.starts_with("unknown #")) << text;
  EXPECT_EQ(text.size(), 17U);
  EXPECT_EQ(text, names.unknown("hunter2"));
  EXPECT_NE(text, names.unknown("hunter3"));
  EXPECT_NE(text, NameHash().unknown("hunter2")) << "nobody can try names on it";
}

}  // namespace
}  // namespace tessera::base
