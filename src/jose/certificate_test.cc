#include "jose/certificate.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "base/base64url.h"
#include "base/digest.h"
#include "jose/json.h"
#include "jose/openssl.h"

namespace tessera::jose {
namespace {

constexpr std::int64_t kMadeS = 1'900'000'000;

SigningKey rsa_key() { return *SigningKey::generate(Alg::rs256, "k1"); }

boost::json::object members_of(const std::string& jwk) { return parse_json(jwk)->get_object(); }

std::string certificate_of(const boost::json::object& jwk) {
  const auto& text = jwk.at("x5c").get_array().at(0).get_string();
  std::string der(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  EXPECT_GT(size, 0);
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  der.resize(static_cast<std::size_t>(size) - padding);
  return der;
}

Owned<X509> parsed(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return Owned<X509>{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
}

std::string common_name_of(const X509* certificate) {
  char text[65] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

TEST(Certificate, HoldsTheKeyAndTheNameAndSignsItself) {
  const auto jwk = members_of(*rsa_key().certified_jwk("customer", kMadeS));
  const std::string der = certificate_of(jwk);
  const auto certificate = parsed(der);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(common_name_of(certificate.get()), "customer");
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())), 0);
  EVP_PKEY* const inside = X509_get0_pubkey(certificate.get());
  EXPECT_EQ(X509_verify(certificate.get(), inside), 1);
  BIGNUM* modulus = nullptr;
  ASSERT_EQ(EVP_PKEY_get_bn_param(inside, "n", &modulus), 1);
  const Owned<BIGNUM> owned{modulus};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(modulus)), '\0');
  BN_bn2bin(modulus, reinterpret_cast<unsigned char*>(bytes.data()));
  EXPECT_EQ(jwk.at("n").get_string(), base::base64url_encode(bytes));
  EXPECT_EQ(jwk.at("x5t#S256").get_string(), base::base64url_encode(base::sha256(der)));
  EXPECT_EQ(base::base64url_decode(jwk.at("x5t").get_string())->size(), 20u);
}

TEST(Certificate, HoldsForTenYearsFromTheKeysBirth) {
  const auto certificate = parsed(certificate_of(members_of(*rsa_key().certified_jwk("customer", kMadeS))));
  time_t made_s = kMadeS;
  EXPECT_EQ(X509_cmp_time(X509_get0_notBefore(certificate.get()), &made_s), -1) << "at or before";
  time_t ten_years_s = kMadeS + 10 * 31'536'000LL - 1;
  EXPECT_EQ(X509_cmp_time(X509_get0_notAfter(certificate.get()), &ten_years_s), 1);
}

TEST(Certificate, IsTheSameForTheSameArgumentsOnly) {
  const SigningKey key = rsa_key();
  const std::string jwk = *key.certified_jwk("customer", kMadeS);
  EXPECT_EQ(*key.certified_jwk("customer", kMadeS), jwk);
  EXPECT_NE(*key.certified_jwk("other", kMadeS), jwk);
  EXPECT_NE(*key.certified_jwk("customer", kMadeS + 1), jwk);
  EXPECT_NE(*rsa_key().certified_jwk("customer", kMadeS), jwk);
}

TEST(Certificate, TakesTheLongestNameOfARealmAndRefusesOneThatX509DoesNotTake) {
  EXPECT_TRUE(rsa_key().certified_jwk(std::string(64, 'a'), kMadeS));
  EXPECT_FALSE(rsa_key().certified_jwk(std::string(65, 'a'), kMadeS));
  EXPECT_FALSE(rsa_key().certified_jwk("", kMadeS));
}

TEST(Certificate, KeysOfOtherKindsHaveNone) {
  for (const Alg alg : {Alg::es256, Alg::eddsa, Alg::hs512}) {
    const auto key = *SigningKey::generate(alg, "k1");
    EXPECT_EQ(*key.certified_jwk("customer", kMadeS), key.public_jwk());
  }
}

TEST(Certificate, ACertifiedJwkVerifiesLikeAnyOther) {
  const SigningKey key = rsa_key();
  std::string signature;
  ASSERT_TRUE(key.sign("text", signature));
  EXPECT_TRUE(VerifyKey::from_jwk(*key.certified_jwk("customer", kMadeS))->verify("text", signature));
}

}  // namespace
}  // namespace tessera::jose
