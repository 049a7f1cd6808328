#include "jose/jwt.h"

#include <gtest/gtest.h>

#include "base/base64url.h"

namespace tessera::jose {
namespace {

std::string token_of(std::string_view header, std::string_view payload = "{}", std::string_view signature = "s") {
  return base::base64url_encode(header) + "." + base::base64url_encode(payload) + "." + base::base64url_encode(signature);
}

bool refused(const std::string& token) {
  const auto parsed = parse_jwt(token);
  return !parsed && parsed.error().reason == Reason::token_malformed;
}

std::string es256_with(std::string_view member) { return token_of(R"({"alg":"ES256",)" + std::string(member) + "}"); }

TEST(Jwt, WhatIsBuiltTakesApartAndVerifies) {
  for (const Alg alg : {Alg::es256, Alg::rs256, Alg::eddsa, Alg::hs512}) {
    const auto key = SigningKey::generate(alg, "kid-1");
    const JwtBuilder builder(*key, "at+jwt");
    const std::string payload = R"({"sub":"é","rev":7})";
    const auto token = builder.sign(payload);
    ASSERT_TRUE(token);
    const auto parsed = parse_jwt(*token);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->alg, alg_name(alg));
    EXPECT_EQ(parsed->kid, "kid-1");
    EXPECT_EQ(parsed->typ, "at+jwt");
    EXPECT_EQ(parsed->payload, payload);
    EXPECT_EQ(std::string(parsed->signing_input) + "." + base::base64url_encode(parsed->signature), *token);
    EXPECT_TRUE(VerifyKey::of(*key).verify(parsed->signing_input, parsed->signature));
  }
}

// RFC 7515, A.3.
TEST(Jwt, TakesTheRfcsExampleApart) {
  const auto parsed = parse_jwt(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->alg, "ES256");
  EXPECT_EQ(parsed->kid, "");
  EXPECT_EQ(parsed->typ, "");
  EXPECT_EQ(parsed->payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
  EXPECT_EQ(parsed->signature.size(), 64u);
}

// security.md, case 52: a kid is an opaque, bounded map key.
TEST(Jwt, KidIsOpaqueAndBounded) {
  EXPECT_EQ(parse_jwt(es256_with(R"("kid":"../../etc/passwd' OR 1=1")"))->kid, "../../etc/passwd' OR 1=1");
  EXPECT_FALSE(refused(es256_with(R"("kid":")" + std::string(128, 'k') + "\"")));
  EXPECT_TRUE(refused(es256_with(R"("kid":")" + std::string(129, 'k') + "\"")));
  EXPECT_TRUE(refused(es256_with(R"("kid":")" + std::string(65'536, 'k') + "\"")));
  EXPECT_TRUE(refused(es256_with(R"("kid":7)")));
}

// security.md, case 54.
TEST(Jwt, BytesHaveOneSpelling) {
  const std::string good = token_of(R"({"alg":"ES256"})", "{}", "ss");
  ASSERT_FALSE(refused(good));
  EXPECT_TRUE(refused(good + "="));
  EXPECT_TRUE(refused(good.substr(0, good.size() - 1) + "t"));
  EXPECT_TRUE(refused(" " + good));
  EXPECT_TRUE(refused(good + "\n"));
}

// security.md, cases 55 and 56; `none` and keys that the token brings along.
TEST(Jwt, RefusesHeadersThatAskForMore) {
  for (const std::string_view member :
       {R"("crit":["exp"])", R"("crit":"exp")", R"("crit":null)", R"("jwk":{"kty":"EC"})", R"("jwk":"x")",
        R"("jku":"https://evil.example")", R"("x5u":"https://evil.example")", R"("x5c":["MII"])", R"("x5c":"MII")", R"("zip":"DEF")",
        R"("b64":false)", R"("enc":"A256GCM")", R"("p2c":2147483648)", R"("typ":7)", R"("nested":{})", R"("alg":"RS256")"})
    EXPECT_TRUE(refused(es256_with(member))) << member;
  for (const std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"NONE"})", R"({"alg":"nOnE"})", R"({"alg":""})", R"({})", R"({"alg":null})", R"({"alg":"HS256"})",
        R"({"alg":"es256"})", R"({"alg":"PBES2-HS256+A128KW"})", R"([])", R"("x")", "", R"({"alg":"ES256")", R"({"alg":"ES256"} x)"})
    EXPECT_TRUE(refused(token_of(header))) << header;
}

TEST(Jwt, HasThreePartsAndABound) {
  const std::string header = base::base64url_encode(R"({"alg":"ES256"})");
  for (const std::string& token : {std::string(), std::string("."), std::string(".."), header, header + ".e30", header + ".e30.",
                                   header + ".e30.c3M.", header + ".e30.c3M.c3M.c3M", "." + header + ".e30"})
    EXPECT_TRUE(refused(token)) << token;
  EXPECT_FALSE(refused(token_of(R"({"alg":"ES256"})", std::string(12'000, ' '))));
  EXPECT_TRUE(refused(token_of(R"({"alg":"ES256"})", std::string(12'500, ' '))));
}

}  // namespace
}  // namespace tessera::jose
