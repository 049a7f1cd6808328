#include "base/control.h"

#include <gtest/gtest.h>

namespace tessera::base {
namespace {

using namespace std::string_view_literals;

TEST(HasControl, FindsThoseOfAsciiAndOfUnicode) {
  for (const std::string_view text : {"\0"sv, "a\nb"sv, "\x1f"sv, "\x7f"sv, "a\xC2\x80"sv, "\xC2\x85z"sv, "\xC2\x9B"sv, "\xC2\x9F"sv})
    EXPECT_TRUE(has_control(text)) << text;
}

TEST(HasControl, LeavesOtherCharactersAlone) {
  for (const std::string_view text :
       {""sv, "a b~"sv, "\xC2\xA0"sv, "\xC2\xBF"sv, "\xC3\x85"sv /* Å: ends like U+0085 */, "\xE2\x82\xAC"sv, "\xF0\x9F\x98\x80"sv})
    EXPECT_FALSE(has_control(text)) << text;
}

}  // namespace
}  // namespace tessera::base
