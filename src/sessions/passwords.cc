#include "sessions/passwords.h"

#include <fmt/format.h>
#include <sodium/core.h>
#include <sodium/crypto_pwhash.h>
#include <sodium/utils.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "base/random.h"

namespace tessera::sessions {
namespace {

constexpr std::string_view kPrefix = "$argon2id$v=19$m=";
constexpr std::uint64_t kMemoryKibMax = 1'048'576;  // 1 GiB
constexpr std::uint64_t kPassesMax = 10;
constexpr std::uint64_t kParallelismMax = 16;

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool read_number_up_to(std::string_view& text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value == 0 || value > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// Whether hashing by this record costs no more than we are ready to pay: an imported record must not take a gigabyte for each login.
bool within_bounds(std::string_view record) {
  if (record.size() >= crypto_pwhash_STRBYTES) return false;
  return skip(record, kPrefix) && read_number_up_to(record, kMemoryKibMax) && skip(record, ",t=") &&
         read_number_up_to(record, kPassesMax) && skip(record, ",p=") && read_number_up_to(record, kParallelismMax) && skip(record, "$");
}

template <std::size_t Size>
std::string random_base64() {
  std::array<std::uint8_t, Size> bytes;
  base::random_bytes(bytes);
  std::string text(sodium_base64_ENCODED_LEN(Size, sodium_base64_VARIANT_ORIGINAL_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), Size, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  text.pop_back();  // the terminating null
  return text;
}

/// A record of today's parameters that no password matches: a random salt and a random hash.
std::string make_dummy(const PasswordCost& cost) {
  return fmt::format("{}{},t={},p=1${}${}", kPrefix, cost.memory_bytes / 1'024, cost.passes, random_base64<16>(), random_base64<32>());
}

bool matches(const std::string& record, const Secret& password) {
  return crypto_pwhash_str_verify(record.c_str(), password.reveal().data(), password.size()) == 0;
}

}  // namespace

Passwords::Passwords(PasswordCost cost) : cost_(cost), dummy_(make_dummy(cost)) {
  if (sodium_init() < 0) std::abort();
}

Result<std::string> Passwords::hash(const Secret& password) const {
  if (password.size() > kPasswordBytesMax) return fail(Reason::password_too_long);
  std::array<char, crypto_pwhash_STRBYTES> record{};
  if (crypto_pwhash_str(record.data(), password.reveal().data(), password.size(), cost_.passes, cost_.memory_bytes) != 0)
    return fail(Reason::pool_full, "not enough memory for a password hash");
  return std::string(record.data());
}

bool Passwords::verify(std::string_view record, const Secret& password) const {
  if (password.size() > kPasswordBytesMax) return false;
  if (within_bounds(record)) return matches(std::string(record), password);
  verify_dummy(password);
  return false;
}

void Passwords::verify_dummy(const Secret& password) const {
  if (password.size() <= kPasswordBytesMax) (void)matches(dummy_, password);
}

bool Passwords::outdated(std::string_view record) const {
  return crypto_pwhash_str_needs_rehash(std::string(record).c_str(), cost_.passes, cost_.memory_bytes) != 0;
}

}  // namespace tessera::sessions
