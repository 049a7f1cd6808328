// Signing and verifying: what every token costs.
#include <openssl/err.h>

#include <array>
#include <cstring>

#include "base/digest.h"
#include "jose/openssl.h"

namespace tessera::jose {
namespace {

constexpr std::size_t kScalarSize = 32;              ///< r or s on P-256
constexpr std::size_t kEs256Size = 2 * kScalarSize;  ///< RFC 7518, 3.4: r || s
constexpr std::size_t kEddsaSize = 64;
constexpr std::size_t kMaxDer = 72;       ///< SEQUENCE of two INTEGERs of up to 33 bytes
constexpr std::size_t kMaxRsaSize = 512;  ///< 4096 bits

using Bytes = std::span<const std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Moves one DER INTEGER from the front of `der` into 32 bytes, left-padded.
bool take_scalar(Bytes& der, std::span<std::uint8_t> to) {
  if (der.size() < 2 || der[0] != 0x02 || der[1] > der.size() - 2) return false;
  Bytes digits = der.subspan(2, der[1]);
  der = der.subspan(2 + digits.size());
  while (!digits.empty() && digits[0] == 0) digits = digits.subspan(1);
  if (digits.size() > to.size()) return false;
  std::copy(digits.begin(), digits.end(), to.end() - static_cast<std::ptrdiff_t>(digits.size()));
  return true;
}

/// ECDSA-Sig-Value (RFC 3279, 2.2.3) to r || s.
bool der_to_raw(Bytes der, std::span<std::uint8_t, kEs256Size> raw) {
  if (der.size() < 2 || der[0] != 0x30 || der[1] != der.size() - 2) return false;
  der = der.subspan(2);
  return take_scalar(der, raw.first<kScalarSize>()) && take_scalar(der, raw.last<kScalarSize>()) && der.empty();
}

std::uint8_t* put_scalar(Bytes scalar, std::uint8_t* to) {
  while (scalar.size() > 1 && scalar[0] == 0) scalar = scalar.subspan(1);
  const bool sign_byte = (scalar[0] & 0x80) != 0;
  *to++ = 0x02;
  *to++ = static_cast<std::uint8_t>(scalar.size() + sign_byte);
  if (sign_byte) *to++ = 0;
  return std::copy(scalar.begin(), scalar.end(), to);
}

std::size_t raw_to_der(Bytes raw, std::array<std::uint8_t, kMaxDer>& der) {
  std::uint8_t* const end = put_scalar(raw.last(kScalarSize), put_scalar(raw.first(kScalarSize), der.data() + 2));
  const auto size = static_cast<std::size_t>(end - der.data());
  der[0] = 0x30;
  der[1] = static_cast<std::uint8_t>(size - 2);
  return size;
}

Status sign_failed() {
  ERR_clear_error();
  return fail(Reason::internal, "OpenSSL could not sign");
}

Status sign_es256(EVP_PKEY_CTX* context, std::string_view input, std::string& out) {
  const auto digest = base::sha256_array(input);
  std::array<std::uint8_t, kMaxDer> der;
  std::size_t size = der.size();
  std::array<std::uint8_t, kEs256Size> raw{};
  if (EVP_PKEY_sign(context, der.data(), &size, digest.data(), digest.size()) != 1 || !der_to_raw(Bytes(der).first(size), raw))
    return sign_failed();
  out.append(reinterpret_cast<const char*>(raw.data()), raw.size());
  return {};
}

Status sign_rsa(EVP_PKEY_CTX* context, std::string_view input, std::string& out) {
  const auto digest = base::sha256_array(input);
  std::array<std::uint8_t, kMaxRsaSize> signature;
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context, signature.data(), &size, digest.data(), digest.size()) != 1) return sign_failed();
  out.append(reinterpret_cast<const char*>(signature.data()), size);
  return {};
}

Status sign_eddsa(EVP_MD_CTX* context, std::string_view input, std::string& out) {
  std::array<std::uint8_t, kEddsaSize> signature;
  std::size_t size = signature.size();
  if (EVP_DigestSign(context, signature.data(), &size, bytes_of(input).data(), input.size()) != 1) return sign_failed();
  out.append(reinterpret_cast<const char*>(signature.data()), size);
  return {};
}

/// A refusal leaves entries in OpenSSL's per-thread error queue, where the next TLS call would find them.
bool verified(int outcome) {
  if (outcome != 1) ERR_clear_error();
  return outcome == 1;
}

bool verify_es256(EVP_PKEY_CTX* context, std::string_view input, std::string_view signature) {
  if (signature.size() != kEs256Size) return false;
  std::array<std::uint8_t, kMaxDer> der;
  const std::size_t size = raw_to_der(bytes_of(signature), der);
  const auto digest = base::sha256_array(input);
  return verified(EVP_PKEY_verify(context, der.data(), size, digest.data(), digest.size()));
}

bool verify_rsa(EVP_PKEY_CTX* context, std::string_view input, std::string_view signature) {
  const auto digest = base::sha256_array(input);
  return verified(EVP_PKEY_verify(context, bytes_of(signature).data(), signature.size(), digest.data(), digest.size()));
}

bool verify_eddsa(EVP_MD_CTX* context, std::string_view input, std::string_view signature) {
  if (signature.size() != kEddsaSize) return false;
  return verified(EVP_DigestVerify(context, bytes_of(signature).data(), signature.size(), bytes_of(input).data(), input.size()));
}

}  // namespace

Status SigningKey::sign(std::string_view input, std::string& out) const {
  if (alg_ == Alg::hs512) {
    out += base::hmac_sha512(symmetric_->reveal(), input);
    return {};
  }
  const KeyContext& context = key_context(key_, alg_, KeyUse::sign);
  if (!context) return sign_failed();
  if (alg_ == Alg::eddsa) return sign_eddsa(context.digest.get(), input, out);
  return alg_ == Alg::es256 ? sign_es256(context.pkey.get(), input, out) : sign_rsa(context.pkey.get(), input, out);
}

bool VerifyKey::verify(std::string_view input, std::string_view signature) const {
  if (alg_ == Alg::hs512) return symmetric_ && base::equal_constant_time(base::hmac_sha512(symmetric_->reveal(), input), signature);
  if (!key_) return false;
  const KeyContext& context = key_context(key_, alg_, KeyUse::verify);
  if (!context) return verified(0);
  if (alg_ == Alg::eddsa) return verify_eddsa(context.digest.get(), input, signature);
  return alg_ == Alg::es256 ? verify_es256(context.pkey.get(), input, signature) : verify_rsa(context.pkey.get(), input, signature);
}

}  // namespace tessera::jose
