#include "http/form.h"

#include <gtest/gtest.h>

namespace tessera::http {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

Texts texts(const Result<FormFields>& fields) {
  Texts texts;
  for (const auto& [name, value] : fields.value()) texts.emplace_back(name, value.reveal());
  return texts;
}

TEST(ParseForm, DecodesInOrderWithDuplicates) {
  const auto fields = parse_form("a=1&b=x+y%26%C3%A9&a=2&empty=&bare&&=v");
  ASSERT_TRUE(fields);
  EXPECT_EQ(texts(fields), (Texts{{"a", "1"}, {"b", "x y&\xC3\xA9"}, {"a", "2"}, {"empty", ""}, {"bare", ""}, {"", "v"}}));
  EXPECT_EQ(texts(parse_form("")), Texts{});
  EXPECT_EQ(texts(parse_form("a%3Db=c=d")), (Texts{{"a=b", "c=d"}}));
}

TEST(ParseForm, RefusesWhatItCantRead) {
  using namespace std::string_view_literals;
  for (const std::string_view body :
       {"a=%"sv, "a=%4"sv, "a=%g1"sv, "a=%4g"sv, "%=b"sv, "a=%00"sv, "a=%0d%0a"sv, "a=b\nc"sv, "a=\0"sv, "a=%7f"sv, "a=%c2%85"sv,
        "%C2%9B=b"sv, "a=\xC2\x80"sv, "a=%ff"sv, "a=%c0%80"sv, "a=%ed%a0%80"sv, "a=\xff"sv}) {
    const auto fields = parse_form(body);
    ASSERT_FALSE(fields) << body;
    EXPECT_EQ(fields.error().reason, Reason::body_malformed);
  }
}

TEST(ParseForm, RefusesMoreThan64Parameters) {
  std::string body = "a=1";
  for (int i = 1; i < 64; ++i) body += "&a=1";
  EXPECT_TRUE(parse_form(body));
  for (const auto& fields : {parse_form(body + "&a=1"), parse_query(body + "&a=1")}) {
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().reason, Reason::parameters_too_many);
  }
}

TEST(ParseForm, NeverRepeatsAValueInItsError) {
  EXPECT_EQ(parse_form("password=hunter2%zz").error().context.find("hunter2"), std::string::npos);
}

TEST(ParseQuery, NamesItsOwnReason) {
  EXPECT_EQ(parse_query("a=%").error().reason, Reason::parameter_invalid);
  EXPECT_FALSE(parse_query("a=%c2%9b"));
  EXPECT_EQ(texts(parse_query("token=a.b")), (Texts{{"token", "a.b"}}));
}

TEST(PercentDecode, LeavesPlusAlone) {
  EXPECT_EQ(percent_decode("a+b%20c"), "a+b c");
  EXPECT_EQ(form_decode("a+b%20c"), "a b c");
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%c2%85"));
}

TEST(BasicAuth, FormDecodesBothParts) {
  const auto plain = parse_basic_auth("Basic YXBwOnMzY3JldA==");  // app:s3cret
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->first, "app");
  EXPECT_EQ(plain->second.reveal(), "s3cret");
  const auto encoded = parse_basic_auth("basic  YSUzQWI6YytkJTI1OmU=");  // a%3Ab:c+d%25:e
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->first, "a:b");
  EXPECT_EQ(encoded->second.reveal(), "c d%:e");
  const auto empty = parse_basic_auth("Basic YTo=");  // a:
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->second.empty());
}

TEST(BasicAuth, RefusesWhatIsMalformed) {
  for (const std::string_view header :
       {"", "Basic", "Basic ", "Bearer YTpi", "Basic YWJj" /* abc */, "Basic YTpi=", "Basic YTo", "Basic YT-_", "Basic Y T pi",
        "Basic YTol" /* a:% */, "Basic YSVDMiU4NTpi" /* a%C2%85:b */, "Basic YTp=" /* trailing bits */, "BasicYTpi"})
    EXPECT_FALSE(parse_basic_auth(header)) << header;
}

TEST(Bearer, TakesB64Tokens) {
  EXPECT_EQ(parse_bearer("Bearer abc.DEF-_~+/123=="), "abc.DEF-_~+/123==");
  EXPECT_EQ(parse_bearer("bearer  a "), "a");
  for (const std::string_view header :
       {"", "Bearer", "Bearer ", "Basic a", "Bearer a b", "Bearer a,b", "Bearer a=b", "Bearer =", "Bearer \"a\"", "Bearera"})
    EXPECT_FALSE(parse_bearer(header)) << header;
}

}  // namespace
}  // namespace tessera::http
