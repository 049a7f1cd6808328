#include "jose/jwks.h"

#include <gtest/gtest.h>

namespace tessera::jose {
namespace {

constexpr std::string_view kEc = R"({"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                 R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kEd = R"({"kty":"OKP","crv":"Ed25519","kid":"b","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kPrivateEd =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kOther = R"({"kty":"EC","crv":"P-384","kid":"c","x":"AA","y":"AA"})";

std::string set_of(const std::vector<std::string_view>& keys) {
  std::string list;
  for (const auto key : keys) list += (list.empty() ? "" : ",") + std::string(key);
  return "{\"keys\":[" + list + "]}";
}

std::string refused(const std::string& json) {
  const auto keys = parse_jwks(json);
  EXPECT_FALSE(keys) << json;
  return keys ? "" : keys.error().context;
}

TEST(Jwks, HoldsTheKeysThatVerify) {
  const auto keys = parse_jwks(set_of({kEc, kOther, kEd}));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].alg(), Alg::es256);
  EXPECT_EQ((*keys)[1].kid(), "b");
}

TEST(Jwks, AKeyOfEd25519MayBeCalledByItsCurve) {
  for (const std::string name : {"EdDSA", "Ed25519"}) {
    const auto keys = parse_jwks(set_of({R"({"alg":")" + name + "\"," + std::string(kEd.substr(1))}));
    ASSERT_TRUE(keys) << name;
    EXPECT_EQ(keys->front().alg(), Alg::eddsa);
    EXPECT_TRUE(is_alg_name(name, Alg::eddsa));
    EXPECT_FALSE(is_alg_name(name, Alg::es256));
  }
}

TEST(Jwks, IsRefusedWhereItCouldBeMisread) {
  EXPECT_EQ(refused("[]"), "is no JSON object");
  EXPECT_EQ(refused("{}"), "has no list `keys`");
  EXPECT_EQ(refused("{\"keys\":{}}"), "has no list `keys`");
  EXPECT_EQ(refused("{\"keys\":[]}"), "has no keys");
  EXPECT_EQ(refused("{\"keys\":[1]}"), "holds a key that is no JSON object");
  EXPECT_EQ(refused(set_of({kEc, kEc})), "has two keys of one kid");
  EXPECT_TRUE(refused(set_of({kOther})).starts_with("has no key that can be used"));
  EXPECT_TRUE(refused(set_of({kEc, kPrivateEd})).starts_with("holds a private key"));
  EXPECT_EQ(refused(set_of(std::vector<std::string_view>(11, kEd))), "has more than ten keys");
  EXPECT_TRUE(parse_jwks(set_of({kEc, kOther, kOther, kOther, kOther, kOther, kOther, kOther, kOther, kEd})));
}

}  // namespace
}  // namespace tessera::jose
