#include "jose/certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>

#include "base/digest.h"
#include "jose/openssl.h"

namespace tessera::jose {
namespace {

constexpr std::int64_t kValidS = 10 * 31'536'000LL;
constexpr std::size_t kSerialSize = 16;
constexpr long kVersion3 = 2;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

template <class T, int (*encode)(const T*, unsigned char**)>
std::string der_of(const T* value) {
  unsigned char* bytes = nullptr;
  const int size = encode(value, &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

/// RFC 5280, 4.1.2.2: positive, and of 20 bytes at most. Taken from what the certificate says, so that two never share one.
bool set_serial(X509* certificate, const EVP_PKEY* key, std::string_view common_name, std::int64_t not_before_s) {
  std::string said = der_of<EVP_PKEY, i2d_PUBKEY>(key);
  said += std::to_string(not_before_s);
  said += common_name;
  auto digest = base::sha256_array(said);
  digest[0] = static_cast<std::uint8_t>((digest[0] & 0x7f) | 0x40);
  const Owned<BIGNUM> serial{BN_bin2bn(digest.data(), kSerialSize, nullptr)};
  return serial && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_names(X509* certificate, std::string_view common_name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes_of(common_name), static_cast<int>(common_name.size()), -1, 0) ==
             1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool set_validity(X509* certificate, std::int64_t not_before_s) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), not_before_s) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), not_before_s + kValidS) != nullptr;
}

}  // namespace

Result<std::string> self_signed_certificate(EVP_PKEY* key, std::string_view common_name, std::int64_t not_before_s) {
  const Owned<X509> certificate{X509_new()};
  const bool made = certificate && X509_set_version(certificate.get(), kVersion3) == 1 &&
                    set_serial(certificate.get(), key, common_name, not_before_s) && set_names(certificate.get(), common_name) &&
                    set_validity(certificate.get(), not_before_s) && X509_set_pubkey(certificate.get(), key) == 1 &&
                    X509_sign(certificate.get(), key, EVP_sha256()) > 0;
  if (made) return der_of<X509, i2d_X509>(certificate.get());
  ERR_clear_error();
  return fail(Reason::key_missing, "OpenSSL could not make a certificate");
}

}  // namespace tessera::jose
