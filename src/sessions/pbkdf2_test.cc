#include "sessions/pbkdf2.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdio>
#include <span>
#include <string>

namespace tessera::sessions {
namespace {

using namespace std::string_view_literals;

std::string hex_of(const Secret& bytes) {
  std::string text;
  char digits[3];
  for (const char byte : bytes.reveal()) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

struct Vector {
  std::string_view password;
  std::string_view salt;
  std::uint64_t iterations;
  std::size_t bytes;
  std::string_view expected;
};

// RFC 6070, 2; without its 16,777,216 iterations.
constexpr Vector kSha1[] = {
    {"password", "salt", 1, 20, "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
    {"password", "salt", 2, 20, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
    {"password", "salt", 4'096, 20, "4b007901b765489abead49d926f721d065a429c1"},
    {"passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4'096, 25, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
    {"pass\0word"sv, "sa\0lt"sv, 4'096, 16, "56fa6aa75548099dcc37d7f03425e0c3"},
};

// RFC 7914, 11.
constexpr Vector kSha256[] = {
    {"passwd", "salt", 1, 64,
     "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
    {"Password", "NaCl", 80'000, 64,
     "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
};

// No RFC has any: hashlib.pbkdf2_hmac of Python 3.11.
constexpr Vector kSha512[] = {
    {"password", "salt", 1'000, 64,
     "afe6c5530785b6cc6b1c6453384731bd5ee432ee549fd42fb6695779ad8a1c5bf59de69c48f774efc4007d5298f9033c0241d5ab69305e7b64eceeb8d834cfec"},
};

void expect_all(const EVP_MD* digest, std::span<const Vector> vectors) {
  for (const auto& [password, salt, iterations, bytes, expected] : vectors)
    EXPECT_EQ(hex_of(pbkdf2(digest, password, salt, iterations, bytes)), expected) << password << ' ' << iterations;
}

TEST(Pbkdf2, GivesThePublishedVectors) {
  expect_all(EVP_sha1(), kSha1);
  expect_all(EVP_sha256(), kSha256);
  expect_all(EVP_sha512(), kSha512);
}

TEST(Pbkdf2, AnEmptyPasswordIsOne) {
  EXPECT_EQ(hex_of(pbkdf2(EVP_sha256(), {}, "salt", 1, 16)), hex_of(pbkdf2(EVP_sha256(), "", "salt", 1, 16)));
}

}  // namespace
}  // namespace tessera::sessions
