#include "base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace tessera::base {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view> && !std::is_convertible_v<std::string, Secret>);

/// The bytes of a moved-from object, read where they lie.
std::string object_bytes(const Secret& secret) { return {reinterpret_cast<const char*>(&secret), sizeof secret}; }

TEST(Secret, MovingLeavesNothingBehind) {
  Secret from(std::string("short one"));
  const Secret to(std::move(from));
  EXPECT_EQ(to.reveal(), "short one");
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(object_bytes(from).find("hort one"), std::string::npos);

  Secret other(std::string("other one"));
  Secret target(std::string("old"));
  target = std::move(other);
  EXPECT_EQ(target.reveal(), "other one");
  EXPECT_EQ(object_bytes(other).find("ther one"), std::string::npos);

  Secret roomy(std::string(40, 'x'));
  Secret small(std::string("small one"));
  roomy = std::move(small);
  EXPECT_EQ(roomy.reveal(), "small one");
  EXPECT_EQ(object_bytes(small).find("mall one"), std::string::npos) << "copied into the room that there was";
}

TEST(Secret, CloneIsIndependent) {
  Secret first(std::string(40, 'x'));
  const Secret second = first.clone();
  first = Secret(std::string("y"));
  EXPECT_EQ(second.reveal(), std::string(40, 'x'));
  EXPECT_EQ(first.size(), 1u);
}

TEST(Secret, DestructionWipesInPlace) {
  alignas(Secret) char storage[sizeof(Secret)];
  auto* const secret = new (storage) Secret(std::string("short one"));
  secret->~Secret();
  EXPECT_EQ(std::string_view(storage, sizeof storage).find("hort one"), std::string_view::npos);
}

TEST(Secret, ComparesWholeTexts) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(Secret, WipeClears) {
  std::string text = "abc";
  wipe(text);
  EXPECT_EQ(text, std::string(3, '\0'));
}

}  // namespace
}  // namespace tessera::base
