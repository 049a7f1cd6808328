#include "jose/openssl.h"

#include <openssl/rsa.h>

#include <unordered_map>

namespace tessera::jose {
namespace {

constexpr std::size_t kContextsPerThread = 256;

bool set_rsa(EVP_PKEY_CTX* context, Alg alg) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (alg == Alg::es256) return true;
  if (EVP_PKEY_CTX_set_rsa_padding(context, alg == Alg::ps256 ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context, sha256) != 1) return false;
  // RFC 7518, 3.5: the salt is as long as the hash, and anything else is refused.
  return alg != Alg::ps256 || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

KeyContext make_context(EVP_PKEY* key, Alg alg, KeyUse use) {
  KeyContext made;
  if (alg == Alg::eddsa) {
    made.digest.reset(EVP_MD_CTX_new());
    const auto init = use == KeyUse::sign ? EVP_DigestSignInit : EVP_DigestVerifyInit;
    if (init(made.digest.get(), nullptr, nullptr, nullptr, key) != 1) made.digest.reset();
    return made;
  }
  made.pkey.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const auto init = use == KeyUse::sign ? EVP_PKEY_sign_init : EVP_PKEY_verify_init;
  if (!made.pkey || init(made.pkey.get()) != 1 || !set_rsa(made.pkey.get(), alg)) made.pkey.reset();
  return made;
}

/// A context holds a reference to its EVP_PKEY, so an address stands for one key as long as its entry lives.
class ContextCache {
 public:
  const KeyContext& get(const EvpKey& key, Alg alg, KeyUse use) {
    const auto found = entries_.find(key.get());
    if (found != entries_.end()) return found->second.context;
    make_room();
    return entries_.try_emplace(key.get(), Entry{key, make_context(key.get(), alg, use)}).first->second.context;
  }

 private:
  struct Entry {
    std::weak_ptr<EVP_PKEY> key;
    KeyContext context;
  };

  /// Keys that nobody else holds go at the next new key; a thread that meets too many keys at once starts over.
  void make_room() {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.key.expired(); });
    if (entries_.size() >= kContextsPerThread) entries_.clear();
  }

  std::unordered_map<const EVP_PKEY*, Entry> entries_;
};

}  // namespace

const KeyContext& key_context(const EvpKey& key, Alg alg, KeyUse use) {
  thread_local ContextCache signing;
  thread_local ContextCache verifying;
  return (use == KeyUse::sign ? signing : verifying).get(key, alg, use);
}

}  // namespace tessera::jose
