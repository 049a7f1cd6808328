// What the files of this part share of OpenSSL: ownership, and contexts that are ready before they are needed.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "jose/jwk.h"

namespace tessera::jose {

struct OpensslFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <class T>
using Owned = std::unique_ptr<T, OpensslFree>;

/// A context set up for one key: `digest` for Ed25519, which signs the text itself, `pkey` for the others, which sign its SHA-256.
struct KeyContext {
  Owned<EVP_PKEY_CTX> pkey;
  Owned<EVP_MD_CTX> digest;
  explicit operator bool() const { return pkey || digest; }
};

enum class KeyUse : std::uint8_t { sign, verify };

/// This thread's context of that key. Setting one up costs several times what an ES256 signature's bookkeeping may, so each thread keeps
/// a bounded number of them. Empty when OpenSSL refuses the key. Valid until the thread's next call.
const KeyContext& key_context(const EvpKey& key, Alg alg, KeyUse use);

}  // namespace tessera::jose
