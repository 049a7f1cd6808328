#include "jose/json.h"

#include <gtest/gtest.h>

namespace tessera::jose {
namespace {

Reason reason_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto parsed = parse_json(text, limits);
  return parsed ? Reason::internal : parsed.error().reason;
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(Json, ReadsEveryKindOfValue) {
  const auto parsed = parse_json(R"( {"a":[1,-2,18446744073709551615,1.5,true,null],"b":{"c":"d\u00e9\n"},"":""} )");
  ASSERT_TRUE(parsed);
  const auto& root = parsed->get_object();
  EXPECT_EQ(root.at("a").at(1).get_int64(), -2);
  EXPECT_EQ(root.at("a").at(2).get_uint64(), 18446744073709551615u);
  EXPECT_EQ(root.at("a").at(3).get_double(), 1.5);
  EXPECT_TRUE(root.at("a").at(4).get_bool());
  EXPECT_TRUE(root.at("a").at(5).is_null());
  EXPECT_EQ(root.at("b").at("c").get_string(), "dé\n");
  EXPECT_EQ(root.at("").get_string(), "");
  EXPECT_EQ(parse_json("7")->get_int64(), 7);
}

// security.md, case 57.
TEST(Json, RefusesAMemberGivenTwice) {
  EXPECT_EQ(reason_of(R"({"a":1,"a":1})"), Reason::parameter_duplicated);
  EXPECT_EQ(reason_of(R"({"a":1,"\u0061":2})"), Reason::parameter_duplicated);
  EXPECT_EQ(reason_of(R"([{"x":{"a":1,"b":2,"a":3}}])"), Reason::parameter_duplicated);
  EXPECT_EQ(reason_of(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"), Reason::internal);
}

TEST(Json, ALongKeyIsReadWhole) {
  const std::string key(5'000, 'k');
  const auto parsed = parse_json("{\"" + key + "\":\"" + key + "\",\"" + key + "x\":1}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get_object().at(key).get_string(), key);
}

TEST(Json, BoundsDepthAndSize) {
  EXPECT_EQ(reason_of(nested(16)), Reason::internal);
  EXPECT_EQ(reason_of(nested(17)), Reason::body_malformed);
  EXPECT_EQ(reason_of(std::string(60'000, '[')), Reason::body_malformed);
  EXPECT_EQ(reason_of("[1]", {.max_bytes = 2}), Reason::body_malformed);
  EXPECT_EQ(reason_of("{\"a\":1}", {.max_depth = 1}), Reason::internal);
  EXPECT_EQ(reason_of("{\"a\":[]}", {.max_depth = 1}), Reason::body_malformed);
}

TEST(Json, RefusesANumberBeyondDoubles) {
  EXPECT_EQ(reason_of("1e400"), Reason::body_malformed);
  EXPECT_EQ(reason_of(R"({"exp":-1e9999})"), Reason::body_malformed);
  EXPECT_EQ(reason_of("1e308"), Reason::internal);
}

TEST(Json, RefusesWhatIsNotOneJsonText) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "{\"a\":1",
                                      "{} {}",
                                      "{}x",
                                      "{'a':1}",
                                      "{a:1}",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "// c\n1",
                                      "/**/1",
                                      "01",
                                      "+1",
                                      "NaN",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\ud800\"",
                                      "\"\xff\"",
                                      "\"\xc0\xaf\"",
                                      "\"\xed\xa0\x80\"",
                                      "\xef\xbb\xbf{}"})
    EXPECT_EQ(reason_of(text), Reason::body_malformed) << text;
  EXPECT_EQ(reason_of(std::string_view("{}\0", 3)), Reason::body_malformed);
}

TEST(Json, WritesInTheOrderOfTheCalls) {
  JsonWriter writer;
  writer.field("z", "text").field("a", 7).field("big", std::int64_t{-9'007'199'254'740'993}).field("yes", true).raw("list", "[1]");
  EXPECT_EQ(std::move(writer).finish(), R"({"z":"text","a":7,"big":-9007199254740993,"yes":true,"list":[1]})");
  EXPECT_EQ(JsonWriter().finish(), "{}");
}

TEST(Json, WhatIsWrittenReadsBack) {
  std::string every;
  for (int c = 0; c < 128; ++c) every.push_back(static_cast<char>(c));
  every += "é€😀";
  JsonWriter writer;
  writer.field(every, every);
  const auto parsed = parse_json(std::move(writer).finish());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get_object().at(every).get_string(), every);
}

}  // namespace
}  // namespace tessera::jose
