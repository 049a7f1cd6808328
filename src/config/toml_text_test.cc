#include "config/toml_text.h"

#include <gtest/gtest.h>

namespace tessera::config {
namespace {

std::string repeated(std::string_view part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

std::string refusal_of(std::string_view text) {
  const auto root = parse_toml_text(text, "f.toml");
  if (root) return "accepted";
  EXPECT_EQ(root.error().reason, Reason::config_invalid);
  return root.error().context;
}

constexpr const char* kTooDeep = "a key or header has more than 16 dotted parts; no table here lies that deep";

TEST(TomlText, AKeyOrHeaderHasSixteenPartsAtMost) {
  EXPECT_EQ(refusal_of(repeated("a.", 15) + "b = 1\n[" + repeated("b.", 15) + "c]\n"), "accepted");
  for (const std::string& text : {repeated("a.", 16) + "b = 1", "[" + repeated("a.", 16) + "b]", "[[" + repeated("a.", 16) + "b]]",
                                  "x = { " + repeated("a.", 16) + "b = 1 }", repeated("'a' . \"b\".", 8) + "c = 1"})
    EXPECT_EQ(refusal_of("# a comment\n" + text), "f.toml:2: " + std::string(kTooDeep)) << text;
}

TEST(TomlText, NoDepthExhaustsTheStack) {
  for (const std::string& text : {repeated("a.", 200'000) + "b = 1", "[" + repeated("a.", 200'000) + "b]"})
    EXPECT_EQ(refusal_of(text), "f.toml:1: " + std::string(kTooDeep));
  // As deep as both bounds let it be.
  const std::string parts = repeated("a.", 15) + "a";
  const std::string deepest = "[" + parts + "]\n" + repeated(parts + " = { ", 250) + "x = 1" + repeated(" }", 250);
  EXPECT_EQ(refusal_of(deepest), "accepted");
  EXPECT_TRUE(refusal_of("x = " + repeated("[", 100'000)).starts_with("f.toml:1: "));
}

TEST(TomlText, DotsInStringsAndCommentsAreNoParts) {
  const std::string dots(40, '.');
  for (const std::string& text : {"# it's " + dots + "\nx = 1 # \"" + dots, "x = \"\\\"" + dots + "\"", "x = '\\' # " + dots,
                                  "x = \"\"\"\n\"\"" + dots + "\\\"\"\"" + dots + "\"\"\"\"\"", "x = '''\n" + dots + "''" + dots + "'''''",
                                  "\"" + dots + "\" = ''", "x = [\"\", '', \"" + dots + "\", 1.5,\n 2.5, 1979-05-27T07:32:00.9Z]"})
    EXPECT_EQ(refusal_of(text), "accepted") << text;
}

TEST(TomlText, WhatFollowsAStringIsCountedAgain) {
  const std::string key = repeated("a.", 16) + "b = 1";
  for (const std::string& text :
       {"x = \"\\\\\"\n" + key, "x = '\\'\n" + key, "x = \"\"\n" + key, "x = ''''''\n" + key, "x = \"\"\"\"\"\"\"\"\n" + key,
        "x = '''#'''\n" + key, "x = '#'\n" + key, "# \"\"\"\n" + key, "x = '''\\'''\n" + key})
    EXPECT_EQ(refusal_of(text), "f.toml:2: " + std::string(kTooDeep)) << text;
}

TEST(TomlText, AnOpenStringIsTheLibrarysToRefuse) {
  for (const char* text : {"x = \"", "x = '", "x = \"\"\"", "x = '''a", "x = \"\\", "x = 'a\n'", "\"", "x = \"a\\\n\""})
    EXPECT_TRUE(refusal_of(text).starts_with("f.toml:")) << text;
}

TEST(TomlText, AFileHasABound) { EXPECT_EQ(refusal_of(std::string(17UL << 20, '\n')), "f.toml: larger than 16 MiB; split it"); }

}  // namespace
}  // namespace tessera::config
