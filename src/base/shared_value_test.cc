#include "base/shared_value.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::base {
namespace {

TEST(SharedValue, CopiesAreOneObject) {
  const SharedValue<std::string> one(std::string("a"));
  const SharedValue<std::string> copy = one;
  EXPECT_EQ(&*one, &*copy);
}

TEST(SharedValue, EditingACopyLeavesTheOthers) {
  const SharedValue<std::string> one(std::string("a"));
  SharedValue<std::string> copy = one;
  copy.edit() += 'b';
  EXPECT_EQ(*one, "a");
  EXPECT_EQ(*copy, "ab");
  EXPECT_FALSE(one == copy);
}

TEST(SharedValue, EqualValuesAreEqualWhereverTheyAre) {
  EXPECT_TRUE(SharedValue<std::string>(std::string("a")) == SharedValue<std::string>(std::string("a")));
}

}  // namespace
}  // namespace tessera::base
