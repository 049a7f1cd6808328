#include "flow/language.h"

#include <gtest/gtest.h>

namespace tessera::flow {
namespace {

using model::Language;

TEST(ChooseLanguage, TheClientsWordFirst) {
  EXPECT_EQ(choose_language("fr de", "de"), Language::fr);
  EXPECT_EQ(choose_language("it de-CH fr", "en"), Language::de);
  EXPECT_EQ(choose_language("it", "fr"), Language::fr);
}

TEST(ChooseLanguage, ThenTheBrowsersByWeight) {
  EXPECT_EQ(choose_language("", "en;q=0.5, de-AT;q=0.9, fr;q=0.8"), Language::de);
  EXPECT_EQ(choose_language("", "it, FR"), Language::fr);
  EXPECT_EQ(choose_language("", "de;q=0, fr;q=0.001"), Language::fr);
  EXPECT_EQ(choose_language("", "de;level=1,fr"), Language::fr);
}

TEST(ChooseLanguage, ElseEnglish) {
  for (const char* header : {"", "it", "*", ";;;,,,", "q=1", "de;q=0"}) EXPECT_EQ(choose_language("", header), Language::en) << header;
}

}  // namespace
}  // namespace tessera::flow
