#include "sessions/pbkdf2.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <string>

namespace tessera::sessions {
namespace {

constexpr std::string_view kForm = "i=ITERATIONS,l=BYTES";
constexpr Range kIterations{1'000, 2'000'000};
constexpr Range kBytes{16, 64};

}  // namespace

Secret pbkdf2(const EVP_MD* digest, std::string_view password, std::string_view salt, std::uint64_t iterations, std::size_t bytes) {
  std::string out(bytes, '\0');
  // Fails only when memory is gone.
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), digest, static_cast<int>(bytes),
                        reinterpret_cast<unsigned char*>(out.data())) != 1)
    std::abort();
  return Secret(std::move(out));
}

Result<SchemeCost> read_pbkdf2(std::string_view text, RecordOrigin) {
  const auto iterations = take_number(text, "i=");
  const auto bytes = take_number(text, ",l=");
  if (!iterations || !bytes || !text.empty()) return misspelled(kForm);
  TRY(require_within("iterations (i)", *iterations, kIterations));
  TRY(require_within("length in bytes (l)", *bytes, kBytes));
  return SchemeCost{.hash_bytes = static_cast<std::size_t>(*bytes)};
}

bool pbkdf2_matches(const EVP_MD* digest, const PasswordRecord& record, std::string_view password) {
  std::string_view parameters = record.parameters;
  const auto iterations = take_number(parameters, "i=");
  if (!iterations) return false;
  const Secret made = pbkdf2(digest, password, record.salt, *iterations, record.hash.size());
  return base::equal_constant_time(made.reveal(), record.hash);
}

}  // namespace tessera::sessions
