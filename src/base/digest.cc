#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>

#include "base/secret.h"

// OpenSSL 3 looks an algorithm up by name, under locks, each time it is named; that costs more than a short digest. Algorithms are
// fetched once, contexts live as long as their thread. These calls fail only when memory is gone: no caller can go on without them.
namespace tessera::base {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// A context of this thread's, begun anew.
EVP_MD_CTX* begin_digest(const EVP_MD* algorithm) {
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
  if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1) std::abort();
  return context.get();
}

template <std::size_t Size>
std::array<std::uint8_t, Size> digest_of(const EVP_MD* algorithm, std::string_view data) {
  std::array<std::uint8_t, Size> out;
  EVP_MD_CTX* const context = begin_digest(algorithm);
  if (EVP_DigestUpdate(context, data.data(), data.size()) != 1 || EVP_DigestFinal_ex(context, out.data(), nullptr) != 1) std::abort();
  return out;
}

EVP_MAC_CTX* new_hmac_context(const char* digest) {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(algorithm);
  std::string name = digest;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context, params) != 1) std::abort();
  return context;
}

std::string hmac(EVP_MAC_CTX* context, std::size_t size, std::string_view key, std::string_view data) {
  std::string out(size, '\0');
  std::size_t written = 0;
  // A null key would mean "the key of the last call": an empty one must not.
  const unsigned char* const key_bytes = key.empty() ? bytes_of("") : bytes_of(key);
  if (EVP_MAC_init(context, key_bytes, key.size(), nullptr) != 1 || EVP_MAC_update(context, bytes_of(data), data.size()) != 1 ||
      EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &written, size) != 1 || written != size)
    std::abort();
  return out;
}

}  // namespace

std::array<std::uint8_t, 32> sha256_array(std::string_view data) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest_of<32>(algorithm, data);
}

std::string sha256(std::string_view data) {
  const auto bytes = sha256_array(data);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string sha512(std::string_view data) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  const auto bytes = digest_of<64>(algorithm, data);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context{new_hmac_context("SHA256")};
  return hmac(context.get(), 32, key, data);
}

std::string hmac_sha512(std::string_view key, std::string_view data) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context{new_hmac_context("SHA512")};
  return hmac(context.get(), 64, key, data);
}

std::string hkdf_sha256(std::string_view key, std::string_view info, std::size_t length) {
  if (length > std::size_t{255} * 32) std::abort();
  const Secret extracted(hmac_sha256(std::string(32, '\0'), key));
  std::string out;
  std::string block;
  for (char counter = 1; out.size() < length; ++counter) {
    block.append(info).push_back(counter);
    block = hmac_sha256(extracted.reveal(), block);
    out += block;
  }
  wipe(block);
  out.resize(length);
  return out;
}

}  // namespace tessera::base
