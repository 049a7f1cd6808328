#include "sessions/refresh_token.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/digest.h"

namespace tessera::sessions {
namespace {

constexpr std::string_view kPrefix = "tsr_";
constexpr std::size_t kHandleBytes = 16;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kTokenBytes = 2 * kHandleBytes + kNumberBytes + kMacBytes;
constexpr std::size_t kTokenCharacters = 4 + kTokenBytes / 3 * 4;
static_assert(kTokenBytes % 3 == 0);

std::string_view bytes_of(const Handle& handle) { return {reinterpret_cast<const char*>(handle.bytes.data()), handle.bytes.size()}; }

Handle handle_from(std::string_view bytes) {
  Handle handle;
  std::copy_n(bytes.begin(), kHandleBytes, handle.bytes.begin());
  return handle;
}

void append_number(std::string& out, std::int64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

std::int64_t number_from(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return static_cast<std::int64_t>(number);
}

/// Every input has a fixed length, so no two of them make one message.
std::string mac_of(const Secret& key, const model::Family& family, std::int64_t generation) {
  std::string message = "refresh";
  message += bytes_of(family.handle);
  append_number(message, generation);
  message += bytes_of(family.nonce);
  return base::hmac_sha256(key.reveal(), message);
}

}  // namespace

Result<RefreshTokenParts> parse_refresh_token(std::string_view text) {
  if (text.size() != kTokenCharacters || !text.starts_with(kPrefix)) return fail(Reason::refresh_malformed);
  const auto decoded = base::base64url_decode(text.substr(kPrefix.size()));
  if (!decoded || decoded->size() != kTokenBytes) return fail(Reason::refresh_malformed);
  const std::string_view bytes = *decoded;
  RefreshTokenParts parts{.kid = handle_from(bytes).str(),
                          .family = handle_from(bytes.substr(kHandleBytes)),
                          .generation = number_from(bytes.substr(2 * kHandleBytes, kNumberBytes)),
                          .mac = std::string(bytes.substr(2 * kHandleBytes + kNumberBytes))};
  if (parts.generation < 0) return fail(Reason::refresh_malformed);
  return parts;
}

Secret derive_refresh_key(const Secret& server_key, model::RealmId realm, std::int64_t epoch) {
  std::string info = "tessera refresh token";
  append_number(info, realm);
  append_number(info, epoch);
  return Secret(base::hkdf_sha256(server_key.reveal(), info, kMacBytes));
}

std::string mint_refresh_token(std::string_view kid, const Secret& key, const model::Family& family) {
  std::string bytes;
  bytes.reserve(kTokenBytes);
  bytes += bytes_of(Handle::parse(kid).value_or(Handle{}));
  bytes += bytes_of(family.handle);
  append_number(bytes, family.generation);
  bytes += mac_of(key, family, family.generation);
  std::string token(kPrefix);
  base::base64url_append(token, bytes);
  return token;
}

bool refresh_mac_matches(const RefreshTokenParts& parts, const Secret& key, const model::Family& family) {
  return parts.family == family.handle && base::equal_constant_time(parts.mac, mac_of(key, family, parts.generation));
}

}  // namespace tessera::sessions
