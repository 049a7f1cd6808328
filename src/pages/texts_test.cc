// Every text in every language, and every template with every text that it asks for.
#include "pages/texts.h"

#include <gtest/gtest.h>

#include <set>

#include "pages/embedded.h"
#include "pages/templates.h"

namespace tessera::pages {
namespace {

/// The variables that a text names, in the order of their names: "{{CLIENT_NAME}}".
std::multiset<std::string> variables_of(std::string_view words) {
  std::multiset<std::string> names;
  for (auto begin = words.find("{{"); begin != std::string_view::npos; begin = words.find("{{", begin + 2))
    names.emplace(words.substr(begin, words.find("}}", begin) + 2 - begin));
  return names;
}

TEST(TextsTest, EveryTextIsThereInEveryLanguage) {
  std::set<std::string_view> keys;
  for (const Text& one : texts()) {
    SCOPED_TRACE(one.key);
    EXPECT_TRUE(keys.insert(one.key).second) << "twice";
    for (const std::string_view words : one.words) {
      EXPECT_FALSE(words.empty());
      EXPECT_EQ(words.find_first_of("<>&\"'"), std::string_view::npos) << words;
      EXPECT_EQ(variables_of(words), variables_of(one.words[0])) << words;
    }
  }
}

TEST(TextsTest, FrenchPunctuationDoesNotBreakFromItsWord) {
  for (const Text& one : texts())
    for (const std::string_view mark : {" ?", " :", " !", " ;"})
      EXPECT_EQ(one.words[static_cast<std::size_t>(model::Language::fr)].find(mark), std::string_view::npos) << one.key;
}

TEST(TextsTest, ATextIsFoundByKeyAndLanguage) {
  EXPECT_EQ(text("login.submit", model::Language::de), "Anmelden");
  EXPECT_EQ(text("login.submit", model::Language::fr), "Se connecter");
  EXPECT_EQ(text("login.nothing", model::Language::en), "");
}

TEST(TemplatesTest, EveryTextThatATemplateAsksForExists) {
  for (const std::string_view page : kPageNames)
    for (std::size_t language = 0; language < kLanguages; ++language)
      EXPECT_NE(template_source(page, static_cast<model::Language>(language)), "") << page;
  EXPECT_EQ(template_source("nothing", model::Language::en), "");
}

/// The second lock: what an address may be is decided before it comes here.
TEST(TemplatesTest, ATemplateFollowsNoScriptByItself) {
  const Templates templates;
  ctemplate::TemplateDictionary values("page");
  values.SetValue("LINK", "JavaScript:alert(1)");
  values.SetValue("ACTION", "javascript:alert(1)");
  values.ShowSection("WITH_LINK");
  for (std::size_t page = 0; page < std::size(kPageNames); ++page)
    EXPECT_EQ(templates.expand(page, model::Language::en, values).find("alert(1)"), std::string::npos) << kPageNames[page];
}

TEST(TemplatesTest, OnlyACheckedValueIsLeftUnescaped) {
  for (const base::EmbeddedFile& file : embedded_files()) {
    std::string text(file.text);
    // parse_logo lets nothing through that the modifier would have to stop; ctemplate's own allows no data: URI.
    if (const auto logo = text.find("{{LOGO_URI:h:none}}"); logo != std::string::npos) text.erase(logo, 19);
    EXPECT_EQ(text.find(":none"), std::string::npos) << file.name;
  }
  EXPECT_TRUE(template_source("login", model::Language::en).starts_with("{{%AUTOESCAPE context=\"HTML\"}}"));
}

}  // namespace
}  // namespace tessera::pages
