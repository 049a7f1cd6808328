// Keys (RFC 7517, 7518, 8037). The algorithm belongs to the key: a token's header only has to agree.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace tessera::jose {

class JsonWriter;

enum class Alg : std::uint8_t { es256, rs256, ps256, eddsa, hs512 };
/// What a stranger's signature may be called.
inline constexpr std::string_view kAsymmetricAlgNames[] = {"ES256", "RS256", "PS256", "EdDSA", "Ed25519"};
std::string_view alg_name(Alg alg);  ///< "ES256" ...
bool find_alg(std::string_view name, Alg& out);
/// Whether a header or a JWK of others may call it so: EdDSA has a second name, by its curve (RFC 9864, 2.2).
bool is_alg_name(std::string_view name, Alg alg);

/// The members that hold what nobody else may know (RFC 7518, 6.2.2, 6.3.2 and 6.4.1).
inline constexpr std::string_view kPrivateJwkMembers[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/// The algorithms whose signatures others verify, as files and documents name and order them; the first is OpenID Connect's default.
inline constexpr std::string_view kPublicAlgs[] = {"RS256", "PS256", "ES256", "EdDSA"};
/// Whether it is one of them.
constexpr bool is_public_alg(std::string_view name) {
  return std::find(std::begin(kPublicAlgs), std::end(kPublicAlgs), name) != std::end(kPublicAlgs);
}

using EvpKey = std::shared_ptr<EVP_PKEY>;

/// A private or symmetric key that signs. Immutable; safe to use from any thread.
class SigningKey {
 public:
  /// A fresh key: P-256, RSA-2048 (rs256, ps256), Ed25519, or 64 random bytes (hs512).
  static Result<SigningKey> generate(Alg alg, std::string kid);
  /// PKCS#8 DER, or the raw bytes for hs512.
  static Result<SigningKey> from_private(Alg alg, std::string kid, std::string_view bytes);

  Alg alg() const { return alg_; }
  const std::string& kid() const { return kid_; }
  Secret private_bytes() const;
  /// {"kty":..,"kid":..,"use":"sig","alg":..,...} without private members; "" for hs512.
  std::string public_jwk() const;
  /// public_jwk() with x5c, x5t and x5t#S256 of a self-signed certificate, as Keycloak publishes RSA keys; the same for the same arguments.
  /// Other keys have none, and stay as they are.
  Result<std::string> certified_jwk(std::string_view common_name, std::int64_t not_before_s) const;
  /// SubjectPublicKeyInfo in base64, as Keycloak's realm page shows it; "" for hs512.
  std::string public_spki_base64() const;
  /// Appends the JWS signature (raw bytes: r||s for es256) over `input` to `out`. The hot path: contexts are kept per thread.
  Status sign(std::string_view input, std::string& out) const;

 private:
  SigningKey() = default;
  JsonWriter public_members() const;
  friend class VerifyKey;
  Alg alg_ = Alg::es256;
  std::string kid_;
  EvpKey key_;
  std::shared_ptr<const Secret> symmetric_;
};

/// A key that verifies. Immutable; safe to use from any thread.
class VerifyKey {
 public:
  /// Reads a public JWK. RSA 2048 to 4096 bits with e = 65537; P-256; Ed25519. Errors: key_missing with what was wrong.
  static Result<VerifyKey> from_jwk(std::string_view json);
  static VerifyKey of(const SigningKey& key);

  Alg alg() const { return alg_; }
  const std::string& kid() const { return kid_; }
  /// SHA-256 of the key itself: tells two keys apart that came under one kid.
  const std::array<std::uint8_t, 32>& fingerprint() const { return fingerprint_; }
  /// True only for a canonical, valid signature (ES256: exactly 64 bytes, r and s neither zero nor beyond the order).
  bool verify(std::string_view input, std::string_view signature) const;

 private:
  void take_fingerprint();

  Alg alg_ = Alg::es256;
  std::string kid_;
  std::array<std::uint8_t, 32> fingerprint_{};
  EvpKey key_;
  std::shared_ptr<const Secret> symmetric_;
};

}  // namespace tessera::jose
