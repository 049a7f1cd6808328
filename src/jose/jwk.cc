#include "jose/jwk.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <iterator>
#include <optional>

#include "base/base64url.h"
#include "base/digest.h"
#include "base/random.h"
#include "jose/certificate.h"
#include "jose/json.h"
#include "jose/openssl.h"

namespace tessera::jose {
namespace {

constexpr std::string_view kAlgNames[] = {"ES256", "RS256", "PS256", "EdDSA", "HS512"};
constexpr std::size_t kCoordinateSize = 32;
constexpr std::size_t kSymmetricSize = 64;
constexpr int kGeneratedRsaBits = 2048;
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;
constexpr std::size_t kMaxKidBytes = 128;
constexpr JsonLimits kJwkLimits{.max_bytes = 8'192, .max_depth = 2};

bool is_rsa(Alg alg) { return alg == Alg::rs256 || alg == Alg::ps256; }

EvpKey share(EVP_PKEY* key) { return EvpKey(key, OpensslFree{}); }

std::unexpected<Error> refused(std::string why) {
  ERR_clear_error();
  return fail(Reason::key_missing, std::move(why));
}

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

/// Whether the key is of the kind and size that `alg` signs with: a record or file that mixes them up must not load.
bool fits(const EVP_PKEY* key, Alg alg) {
  if (alg == Alg::eddsa) return EVP_PKEY_is_a(key, "ED25519");
  if (is_rsa(alg)) return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= kMinRsaBits && EVP_PKEY_get_bits(key) <= kMaxRsaBits;
  std::array<char, 32> group{};
  return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

EVP_PKEY* generate_key(Alg alg) {
  if (alg == Alg::es256) return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (alg == Alg::eddsa) return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  return EVP_RSA_gen(static_cast<unsigned>(kGeneratedRsaBits));
}

constexpr std::size_t kEd25519Bytes = 32;

/// The key within an Ed25519 PKCS#8 (RFC 8410, 7), an octet string within another; null when it is of another algorithm. OpenSSL's own way
/// asks every decoder that it knows, which costs as much as a hundred signatures.
const unsigned char* ed25519_seed(const PKCS8_PRIV_KEY_INFO* info) {
  const ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  if (PKCS8_pkey_get0(&algorithm, &key, &size, nullptr, info) != 1 || OBJ_obj2nid(algorithm) != NID_ED25519) return nullptr;
  return size == kEd25519Bytes + 2 && key[0] == 0x04 && key[1] == kEd25519Bytes ? key + 2 : nullptr;
}

EVP_PKEY* read_pkcs8(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const Owned<PKCS8_PRIV_KEY_INFO> info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()))};
  if (!info || at != bytes_of(der) + der.size()) return nullptr;
  if (const auto* const seed = ed25519_seed(info.get()))
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, kEd25519Bytes);
  return EVP_PKCS82PKEY(info.get());
}

/// A big-endian number, of `size` bytes or (0) as short as it goes, as RFC 7518 wants n, e, x and y.
std::string number_member(const EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Owned<BIGNUM> number{raw};
  std::string bytes(size ? size : static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2binpad(raw, bytes_of(bytes), static_cast<int>(bytes.size()));
  return base::base64url_encode(bytes);
}

std::string spki_der(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    // RFC 8410, 4: all but the key itself is fixed.
    std::string der("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
    der.resize(der.size() + kEd25519Bytes);
    std::size_t size = kEd25519Bytes;
    EVP_PKEY_get_raw_public_key(key, bytes_of(der) + der.size() - size, &size);
    return der;
  }
  std::string der(static_cast<std::size_t>(i2d_PUBKEY(key, nullptr)), '\0');
  unsigned char* at = bytes_of(der);
  i2d_PUBKEY(key, &at);
  return der;
}

/// With padding (RFC 4648, 4): what X.509 stands in.
std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  // EncodeBlock writes a final NUL, which std::string has room for.
  EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  return out;
}

/// A name for a certificate (RFC 7517, 4.8), and no proof of anything.
std::string sha1(std::string_view bytes) {
  std::string digest(20, '\0');
  EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), nullptr, EVP_sha1(), nullptr);
  return digest;
}

EVP_PKEY* from_params(const char* type, OSSL_PARAM* params) {
  const Owned<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    return nullptr;
  return key;
}

/// The members of one public JWK, read with their bounds.
class JwkReader {
 public:
  explicit JwkReader(const boost::json::object& members) : members_(members) {}

  /// The text of a member; "" when it is absent or no string.
  std::string_view text(std::string_view name) const {
    const auto* const value = members_.if_contains(name);
    const auto* const string = value ? value->if_string() : nullptr;
    return string ? std::string_view(*string) : std::string_view();
  }
  bool has(std::string_view name) const { return members_.contains(name); }

  Result<EvpKey> ec() const {
    if (text("crv") != "P-256") return refused("crv is not P-256");
    const auto x = base::base64url_decode(text("x")), y = base::base64url_decode(text("y"));
    if (!x || !y || x->size() != kCoordinateSize || y->size() != kCoordinateSize) return refused("x or y is not 32 bytes");
    std::string point = '\x04' + *x + *y;
    std::string group = SN_X9_62_prime256v1;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
                           OSSL_PARAM_construct_end()};
    return checked(from_params("EC", params), Alg::es256);
  }

  Result<EvpKey> rsa(Alg alg) const {
    const auto n = base::base64url_decode(text("n"));
    if (!n || n->size() < kMinRsaBits / 8 || n->size() > kMaxRsaBits / 8 || n->front() == '\0')
      return refused("n is not 2048 to 4096 bits");
    if ((n->back() & 1) == 0) return refused("n is even");
    if (text("e") != "AQAB") return refused("e is not 65537");
    const Owned<BIGNUM> modulus{BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr)};
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder{OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free};
    if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_ulong(builder.get(), OSSL_PKEY_PARAM_RSA_E, RSA_F4) != 1)
      return refused("OpenSSL refused n");
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params{OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free};
    return checked(from_params("RSA", params.get()), alg);
  }

  Result<EvpKey> okp() const {
    if (text("crv") != "Ed25519") return refused("crv is not Ed25519");
    const auto x = base::base64url_decode(text("x"));
    if (!x || x->size() != kCoordinateSize) return refused("x is not 32 bytes");
    return checked(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()), Alg::eddsa);
  }

 private:
  static Result<EvpKey> checked(EVP_PKEY* raw, Alg alg) {
    if (!raw) return refused("OpenSSL refused the key");
    EvpKey key = share(raw);
    if (!fits(raw, alg)) return refused("the key does not fit its alg");
    return key;
  }

  const boost::json::object& members_;
};

/// The algorithm of a JWK: what `alg` says if it fits `kty`, else the usual one of `kty`.
std::optional<Alg> alg_of(std::string_view kty, std::string_view name, bool named) {
  const auto pick = [&](Alg usual) -> std::optional<Alg> {
    if (!named || is_alg_name(name, usual)) return usual;
    return std::nullopt;
  };
  if (kty == "EC") return pick(Alg::es256);
  if (kty == "OKP") return pick(Alg::eddsa);
  if (kty != "RSA") return std::nullopt;
  return name == "PS256" ? Alg::ps256 : pick(Alg::rs256);
}

}  // namespace

std::string_view alg_name(Alg alg) { return kAlgNames[static_cast<std::size_t>(alg)]; }

bool is_alg_name(std::string_view name, Alg alg) { return name == alg_name(alg) || (alg == Alg::eddsa && name == "Ed25519"); }

bool find_alg(std::string_view name, Alg& out) {
  for (std::size_t i = 0; i < std::size(kAlgNames); ++i) {
    if (kAlgNames[i] != name) continue;
    out = static_cast<Alg>(i);
    return true;
  }
  return false;
}

Result<SigningKey> SigningKey::generate(Alg alg, std::string kid) {
  SigningKey made;
  made.alg_ = alg;
  made.kid_ = std::move(kid);
  if (alg == Alg::hs512) {
    made.symmetric_ = std::make_shared<const Secret>(base::random_secret(kSymmetricSize));
    return made;
  }
  made.key_ = share(generate_key(alg));
  if (!made.key_) return refused("OpenSSL could not generate a key");
  return made;
}

Result<SigningKey> SigningKey::from_private(Alg alg, std::string kid, std::string_view bytes) {
  SigningKey made;
  made.alg_ = alg;
  made.kid_ = std::move(kid);
  if (alg == Alg::hs512) {
    // RFC 7518, 3.2: a key as long as the hash at least.
    if (bytes.size() < kSymmetricSize) return refused("an HS512 key of less than 64 bytes");
    made.symmetric_ = std::make_shared<const Secret>(std::string(bytes));
    return made;
  }
  made.key_ = share(read_pkcs8(bytes));
  if (!made.key_ || !fits(made.key_.get(), alg)) return refused("no private key of this algorithm in PKCS#8");
  return made;
}

Secret SigningKey::private_bytes() const {
  if (symmetric_) return symmetric_->clone();
  const Owned<PKCS8_PRIV_KEY_INFO> info{EVP_PKEY2PKCS8(key_.get())};
  std::string der(static_cast<std::size_t>(i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr)), '\0');
  unsigned char* at = bytes_of(der);
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
  return Secret(std::move(der));
}

JsonWriter SigningKey::public_members() const {
  JsonWriter jwk;
  // The order that Keycloak's clients see.
  jwk.field("kid", kid_)
      .field("kty", is_rsa(alg_)         ? "RSA"
                    : alg_ == Alg::es256 ? "EC"
                                         : "OKP")
      .field("alg", alg_name(alg_))
      .field("use", "sig");
  if (is_rsa(alg_)) {
    jwk.field("n", number_member(key_.get(), OSSL_PKEY_PARAM_RSA_N)).field("e", number_member(key_.get(), OSSL_PKEY_PARAM_RSA_E));
  } else if (alg_ == Alg::es256) {
    jwk.field("crv", "P-256")
        .field("x", number_member(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateSize))
        .field("y", number_member(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateSize));
  } else {
    std::array<std::uint8_t, kCoordinateSize> x{};
    std::size_t size = x.size();
    EVP_PKEY_get_raw_public_key(key_.get(), x.data(), &size);
    jwk.field("crv", "Ed25519").field("x", base::base64url_encode(x));
  }
  return jwk;
}

std::string SigningKey::public_jwk() const { return symmetric_ ? std::string() : public_members().finish(); }

Result<std::string> SigningKey::certified_jwk(std::string_view common_name, std::int64_t not_before_s) const {
  if (symmetric_ || !is_rsa(alg_)) return public_jwk();
  const std::string der = TRY(self_signed_certificate(key_.get(), common_name, not_before_s));
  JsonWriter jwk = public_members();
  jwk.raw("x5c", "[\"" + base64_encode(der) + "\"]")
      .field("x5t", base::base64url_encode(sha1(der)))
      .field("x5t#S256", base::base64url_encode(base::sha256(der)));
  return std::move(jwk).finish();
}

std::string SigningKey::public_spki_base64() const {
  if (symmetric_) return {};
  return base64_encode(spki_der(key_.get()));
}

Result<VerifyKey> VerifyKey::from_jwk(std::string_view json) {
  const auto parsed = parse_json(json, kJwkLimits);
  if (!parsed || !parsed->is_object()) return refused("no JSON object, or too large");
  const JwkReader jwk(parsed->get_object());
  for (const std::string_view secret : kPrivateJwkMembers)
    if (jwk.has(secret)) return refused("holds private members");
  if (jwk.has("use") && jwk.text("use") != "sig") return refused("use is not sig");
  if (jwk.has("kid") && (jwk.text("kid").empty() || jwk.text("kid").size() > kMaxKidBytes)) return refused("kid is not 1 to 128 bytes");

  const auto alg = alg_of(jwk.text("kty"), jwk.text("alg"), jwk.has("alg"));
  if (!alg) return refused("kty or alg is not supported");
  VerifyKey key;
  key.alg_ = *alg;
  key.kid_ = jwk.text("kid");
  key.key_ = TRY(is_rsa(*alg) ? jwk.rsa(*alg) : *alg == Alg::es256 ? jwk.ec() : jwk.okp());
  key.take_fingerprint();
  return key;
}

VerifyKey VerifyKey::of(const SigningKey& key) {
  VerifyKey made;
  made.alg_ = key.alg_;
  made.kid_ = key.kid_;
  made.key_ = key.key_;
  made.symmetric_ = key.symmetric_;
  made.take_fingerprint();
  return made;
}

void VerifyKey::take_fingerprint() { fingerprint_ = base::sha256_array(symmetric_ ? symmetric_->reveal() : spki_der(key_.get())); }

}  // namespace tessera::jose
