#include "jose/jwk.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <thread>
#include <vector>

#include "base/base64url.h"
#include "jose/json.h"
#include "jose/openssl.h"

namespace tessera::jose {
namespace {

constexpr Alg kAll[] = {Alg::es256, Alg::rs256, Alg::ps256, Alg::eddsa, Alg::hs512};
constexpr Alg kAsymmetric[] = {Alg::es256, Alg::rs256, Alg::ps256, Alg::eddsa};

// RFC 7515, A.3.1.
constexpr std::string_view kEcJwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kJoePayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
// RFC 7515, A.2.1.
constexpr std::string_view kRsaN =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
    "YpRPEwOWvG6b3269"
    "0r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
    "I5IhlJH7aG"
    "hyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
// RFC 8037, A.2.
constexpr std::string_view kEdJwk = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
// Wycheproof, testvectors_v1/rsa_pss_2048_sha256_mgf1_32_test.json, test 3.
constexpr std::string_view kPssN =
    "orRRoH0KpfluRVZxUTVQUUqKW0YuvvcXCU-h_ugiJOY3-"
    "XRtP3yv0xh42AMltu9aFwD2WQO0aUKeidbqyIRQl7WrOTGJ25JRLtincRoSU_rNIPecFegkfz0-QuRuSMmOJUov6XZTE6A-"
    "_48X4aApOXofomqNzib0kO2BKZYV2YFMItphBCjgnH2WWFlCZvXAIdD87KCNlFoSvoLeTR7Oa0wDFFtdNJXU7VQR64eNrwX9evw-"
    "Ca2g8RJkIvWQl1oZaYFvSGmLy7obTZyuedRg2Pn4Xnl1AF2bwixOWsD3waRdElaaYoB9O5oC5aUw53MGb0U9H1tMLpz3ggKD90K51Q";
constexpr std::string_view kPssSignature =
    "QB6wPNtHyogDPjAw9r3susj1yPwd1qE9I9N57ZorMJiR0T10_qnSHRWbnm2PN--"
    "iSJli4kVV9W3UNP8dMc5Pn1q9PyLL6otpHWoR5E77g-K8oVXmoWQyXg_eKohlr9XJ9RFhqdYV9ir37C4xs-WrZJwWRJDTHYjPrjW4Sup5JWkPkpoUS20vS"
    "Oj7iUpS3uzRuaZJaZDE7PFYhpmkLKzRDFOvNQUU5CkeqaBY538QHjLBwM76YdlF97yTH4vRnnujFpNYpg5aiwEjvDGZuf3K_o5RnEG6Z1SRonuF5E7y13J"
    "3wQ_hByk8gpAYaRO8mpm2QNjaBBtk8x6rHTWSCYX0pQ";

std::string rsa_jwk(std::string_view n, std::string_view e = "AQAB", std::string_view more = "") {
  return R"({"kty":"RSA","n":")" + std::string(n) + R"(","e":")" + std::string(e) + "\"" + std::string(more) + "}";
}

bool verifies(std::string_view jwk, std::string_view input, std::string_view signature) {
  const auto key = VerifyKey::from_jwk(jwk);
  return key && key->verify(input, *base::base64url_decode(signature));
}

std::string sign(const SigningKey& key, std::string_view input) {
  std::string signature;
  EXPECT_TRUE(key.sign(input, signature));
  return signature;
}

TEST(Jwk, VerifiesTheExamplesOfTheRfcs) {
  const std::string payload(kJoePayload);
  EXPECT_TRUE(verifies(kEcJwk, "eyJhbGciOiJFUzI1NiJ9." + payload,
                       "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
  EXPECT_TRUE(
      verifies(rsa_jwk(kRsaN), "eyJhbGciOiJSUzI1NiJ9." + payload,
               "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
               "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
               "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));
  // RFC 8037, A.4.
  EXPECT_TRUE(verifies(kEdJwk, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
}

TEST(Jwk, VerifiesAPs256ExampleOfWycheproof) {
  const std::string jwk = rsa_jwk(kPssN, "AQAB", R"(,"alg":"PS256")");
  EXPECT_TRUE(verifies(jwk, "Test", kPssSignature));
  EXPECT_FALSE(verifies(jwk, "test", kPssSignature));
  EXPECT_FALSE(verifies(rsa_jwk(kPssN), "Test", kPssSignature)) << "a key of RS256 takes PKCS#1 v1.5 only";
}

// RFC 7518, 3.5.
TEST(Jwk, APs256SaltOfAnotherLengthThanTheHashIsRefused) {
  const auto key = SigningKey::generate(Alg::ps256, "k1");
  const std::string pkcs8(key->private_bytes().reveal());
  const auto* der = reinterpret_cast<const unsigned char*>(pkcs8.data());
  const Owned<EVP_PKEY> pkey{d2i_AutoPrivateKey(nullptr, &der, static_cast<long>(pkcs8.size()))};
  for (const int salt_bytes : {0, 20, 32}) {
    const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* rsa = nullptr;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), &rsa, EVP_sha256(), nullptr, pkey.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PSS_PADDING), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(rsa, salt_bytes), 1);
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    ASSERT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                             reinterpret_cast<const unsigned char*>("input"), 5),
              1);
    EXPECT_EQ(VerifyKey::of(*key).verify("input", signature), salt_bytes == 32) << salt_bytes;
  }
}

TEST(Jwk, SignsAndVerifiesAgainAndAgain) {
  for (const Alg alg : kAll) {
    const auto key = SigningKey::generate(alg, "k1");
    ASSERT_TRUE(key);
    const VerifyKey verify = VerifyKey::of(*key);
    for (int i = 0; i < 20; ++i) {
      const std::string input = "input " + std::to_string(i);
      std::string signature = sign(*key, input);
      EXPECT_TRUE(verify.verify(input, signature)) << alg_name(alg);
      EXPECT_FALSE(verify.verify(input + "x", signature)) << alg_name(alg);
      signature.back() = static_cast<char>(signature.back() ^ 1);
      EXPECT_FALSE(verify.verify(input, signature)) << alg_name(alg);
      EXPECT_TRUE(verify.verify(input, sign(*key, input))) << "after a refusal, " << alg_name(alg);
    }
  }
}

TEST(Jwk, SignAppends) {
  const auto key = SigningKey::generate(Alg::es256, "k1");
  std::string out = "kept";
  ASSERT_TRUE(key->sign("input", out));
  EXPECT_EQ(out.size(), 4u + 64u);
  EXPECT_TRUE(VerifyKey::of(*key).verify("input", out.substr(4)));
}

TEST(Jwk, RefusesSignaturesOfAnotherLength) {
  for (const Alg alg : kAll) {
    const auto key = SigningKey::generate(alg, "k1");
    const VerifyKey verify = VerifyKey::of(*key);
    const std::string signature = sign(*key, "input");
    EXPECT_FALSE(verify.verify("input", {}));
    EXPECT_FALSE(verify.verify("input", signature.substr(1)));
    EXPECT_FALSE(verify.verify("input", signature + '\0'));
    EXPECT_FALSE(verify.verify("input", '\0' + signature));
  }
}

TEST(Jwk, Es256RefusesZeroAndNumbersBeyondTheOrder) {
  const auto key = SigningKey::generate(Alg::es256, "k1");
  const VerifyKey verify = VerifyKey::of(*key);
  const std::string good = sign(*key, "input");
  const std::string zero(32, '\0');
  const std::string order(
      "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
      32);
  for (const std::string& bad : {zero, order, std::string(32, '\xff')}) {
    EXPECT_FALSE(verify.verify("input", bad + good.substr(32)));
    EXPECT_FALSE(verify.verify("input", good.substr(0, 32) + bad));
    EXPECT_FALSE(verify.verify("input", bad + bad));
  }
}

TEST(Jwk, AKeySurvivesItsPrivateBytes) {
  for (const Alg alg : kAll) {
    const auto key = SigningKey::generate(alg, "k1");
    const Secret bytes = key->private_bytes();
    const auto again = SigningKey::from_private(alg, "k1", bytes.reveal());
    ASSERT_TRUE(again) << alg_name(alg);
    EXPECT_EQ(again->public_jwk(), key->public_jwk());
    EXPECT_TRUE(VerifyKey::of(*key).verify("input", sign(*again, "input")));
    EXPECT_FALSE(SigningKey::from_private(alg, "k1", bytes.reveal().substr(1, 40)));
  }
}

TEST(Jwk, PrivateBytesOfAnotherAlgorithmAreRefused) {
  const auto ec = SigningKey::generate(Alg::es256, "k1");
  const auto rsa = SigningKey::generate(Alg::rs256, "k1");
  for (const Alg alg : {Alg::rs256, Alg::ps256, Alg::eddsa})
    EXPECT_FALSE(SigningKey::from_private(alg, "k1", ec->private_bytes().reveal()));
  for (const Alg alg : {Alg::es256, Alg::eddsa}) EXPECT_FALSE(SigningKey::from_private(alg, "k1", rsa->private_bytes().reveal()));
  EXPECT_FALSE(SigningKey::from_private(Alg::es256, "k1", std::string(ec->private_bytes().reveal()) + "x"));
}

TEST(Jwk, ThePublicJwkVerifiesAndHoldsNothingPrivate) {
  for (const Alg alg : kAsymmetric) {
    const auto key = SigningKey::generate(alg, "k1");
    const auto verify = VerifyKey::from_jwk(key->public_jwk());
    ASSERT_TRUE(verify) << verify.error().context;
    EXPECT_EQ(verify->alg(), alg);
    EXPECT_EQ(verify->kid(), "k1");
    EXPECT_TRUE(verify->verify("input", sign(*key, "input")));
    const auto members = parse_json(key->public_jwk())->get_object();
    for (const std::string_view secret : {"d", "p", "q", "dp", "dq", "qi", "k"}) EXPECT_FALSE(members.contains(secret));
    EXPECT_EQ(members.at("use").get_string(), "sig");
    EXPECT_EQ(key->public_spki_base64().substr(0, 1), "M");
    EXPECT_NE(key->public_spki_base64().back(), '\0');
  }
  const auto symmetric = SigningKey::generate(Alg::hs512, "k1");
  EXPECT_EQ(symmetric->public_jwk(), "");
  EXPECT_EQ(symmetric->public_spki_base64(), "");
}

TEST(Jwk, AnRs256SignatureIsNoPs256Signature) {
  const auto rs = SigningKey::generate(Alg::rs256, "k1");
  const auto ps = SigningKey::from_private(Alg::ps256, "k1", rs->private_bytes().reveal());
  EXPECT_FALSE(VerifyKey::of(*ps).verify("input", sign(*rs, "input")));
  EXPECT_FALSE(VerifyKey::of(*rs).verify("input", sign(*ps, "input")));
}

TEST(Jwk, RefusesKeysOutOfBounds) {
  const std::string n(kRsaN);
  const std::string short_n = base::base64url_encode("\xa1" + std::string(126, 'x') + "\x01");
  const std::string long_n = base::base64url_encode("\xa1" + std::string(512, 'x') + "\x01");
  const std::string even_n = base::base64url_encode("\xa1" + std::string(254, 'x') + "\x02");
  const std::string padded_n = base::base64url_encode('\0' + *base::base64url_decode(n));
  for (const std::string& jwk :
       {rsa_jwk(n, "Aw"), rsa_jwk(n, "AAEAAQ"), rsa_jwk(short_n), rsa_jwk(long_n), rsa_jwk(even_n), rsa_jwk(padded_n), rsa_jwk(n + "="),
        rsa_jwk(n, "AQAB", R"(,"d":"AQ")"), rsa_jwk(n, "AQAB", R"(,"use":"enc")"), rsa_jwk(n, "AQAB", R"(,"alg":"ES256")"),
        rsa_jwk(n, "AQAB", R"(,"alg":"none")"), rsa_jwk(n, "AQAB", R"(,"alg":7)"), rsa_jwk(n, "AQAB", R"(,"e":"AQAB")"),
        rsa_jwk(n, "AQAB", R"(,"kid":")" + std::string(129, 'k') + "\""), rsa_jwk(n, "AQAB", R"(,"kid":7)"), std::string("[]"),
        std::string(), std::string(R"({"kty":"oct","k":"AAAA"})"), std::string(R"({"kty":"oct"})"),
        std::string(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"),
        // Not on the curve.
        R"({"kty":"EC","crv":"P-256","x":")" + base::base64url_encode(std::string(32, 'x')) + R"(","y":")" +
            base::base64url_encode(std::string(32, 'y')) + "\"}",
        std::string(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
        std::string(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR"})")}) {
    const auto key = VerifyKey::from_jwk(jwk);
    EXPECT_FALSE(key) << jwk;
    if (!key) {
      EXPECT_EQ(key.error().reason, Reason::key_missing);
    }
  }
  EXPECT_EQ(VerifyKey::from_jwk(rsa_jwk(n, "AQAB", R"(,"alg":"PS256")"))->alg(), Alg::ps256);
}

TEST(Jwk, ManyThreadsManyKeysComingAndGoing) {
  const auto shared = SigningKey::generate(Alg::es256, "shared");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const auto own = SigningKey::generate(Alg::es256, "own");
        EXPECT_TRUE(VerifyKey::of(*own).verify("input", sign(*own, "input")));
        EXPECT_FALSE(VerifyKey::of(*own).verify("input", sign(*shared, "input")));
        EXPECT_TRUE(VerifyKey::of(*shared).verify("input", sign(*shared, "input")));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(Jwk, MoreLiveKeysThanAThreadKeepsContextsFor) {
  std::vector<SigningKey> keys;
  for (int i = 0; i < 600; ++i) keys.push_back(*SigningKey::generate(Alg::es256, std::to_string(i)));
  for (int round = 0; round < 2; ++round)
    for (const SigningKey& key : keys) EXPECT_TRUE(VerifyKey::of(key).verify("input", sign(key, "input")));
}

}  // namespace
}  // namespace tessera::jose
