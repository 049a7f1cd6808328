#include "clients/secrets.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/base64url.h"
#include "base/digest.h"
#include "base/random.h"

namespace tessera::clients {
namespace {

constexpr std::string_view kPrefix = "tsec_";
constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kChecksumCharacters = 6;
constexpr std::size_t kTextCharacters = 5 + 43 + kChecksumCharacters;
constexpr std::size_t kHintCharacters = 4;
constexpr std::size_t kNotedMax = 65'536;

/// CRC-32 as in zip and PNG (ISO 3309). It finds typing errors and leaks; it proves nothing.
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string checksum(std::string_view text) {
  std::string out(kChecksumCharacters, '0');
  std::uint32_t rest = crc32(text);
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, rest /= 62) *digit = kBase62[rest % 62];
  return out;
}

/// Bound to the client, so that two clients with one secret don't show it by equal hashes.
std::string peppered(const Secret& pepper, const Handle& client, std::string_view text) {
  Secret message([&] {
    std::string bytes(client.bytes.begin(), client.bytes.end());
    bytes += text;
    return bytes;
  }());
  return base::hmac_sha256(pepper.reveal(), message.reveal());
}

}  // namespace

SecretHasher::SecretHasher(Secret pepper) : pepper_(std::move(pepper)) {}

NewSecret SecretHasher::generate(const Handle& client, TimePoint now, std::int64_t expires_at_s) const {
  std::array<std::uint8_t, kSecretBytes> bytes;
  base::random_bytes(bytes);
  const std::span drawn(reinterpret_cast<char*>(bytes.data()), bytes.size());
  std::string text;
  text.reserve(kTextCharacters);  // no copy of it is left behind by growing
  text += kPrefix;
  base::base64url_append(text, {drawn.data(), drawn.size()});
  base::wipe(drawn);
  text += checksum(text);

  NewSecret made;
  made.record = {.handle = Handle::random(),
                 .client = client,
                 .scheme = model::ClientSecret::Scheme::sha256,
                 .hash = base::sha256(text),
                 .hint = text.substr(text.size() - kHintCharacters),
                 .created_at = now,
                 .expires_at_s = expires_at_s};
  made.text = Secret(std::move(text));
  return made;
}

model::ClientSecret SecretHasher::import(const Handle& client, const Secret& text, TimePoint now, std::int64_t expires_at_s) const {
  return {.handle = Handle::random(),
          .client = client,
          .scheme = model::ClientSecret::Scheme::hmac_pepper,
          .hash = peppered(pepper_, client, text.reveal()),
          .hint = {},
          .created_at = now,
          .expires_at_s = expires_at_s};
}

bool SecretHasher::matches(const model::ClientSecret& record, std::string_view shown) const {
  const bool imported = record.scheme == model::ClientSecret::Scheme::hmac_pepper;
  return base::equal_constant_time(record.hash, imported ? peppered(pepper_, record.client, shown) : base::sha256(shown));
}

void SecretUse::note(const Handle& secret, std::int64_t known_s, std::int64_t now_s) {
  const std::int64_t minute_s = now_s - now_s % 60;
  if (minute_s <= known_s) return;
  const std::lock_guard lock(mutex_);
  // Only the client's own secrets get here, so the bound is for a server with more of them than that between two flushes.
  if (used_at_s_.size() >= kNotedMax && !used_at_s_.contains(secret)) return;
  std::int64_t& used_at_s = used_at_s_[secret];
  used_at_s = std::max(used_at_s, minute_s);
}

std::vector<std::pair<Handle, std::int64_t>> SecretUse::take() {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<Handle, std::int64_t>> taken(used_at_s_.begin(), used_at_s_.end());
  used_at_s_.clear();
  return taken;
}

}  // namespace tessera::clients
