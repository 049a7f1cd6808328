#include "clients/secrets.h"

#include <algorithm>
#include <atomic>
#include <iterator>

#include "base/digest.h"
#include "clients/secret_text.h"

namespace tessera::clients {
namespace {

constexpr std::size_t kHintCharacters = 4;
constexpr std::size_t kNotedMax = 65'536;
constexpr std::size_t kCells = 16'384;
constexpr std::int64_t kHourS = 3'600;

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
  Secret text = new_secret_text(kClientSecretPrefix);
  NewSecret made;
  made.record = {.handle = Handle::random(),
                 .client = client,
                 .scheme = model::ClientSecret::Scheme::sha256,
                 .hash = base::sha256(text.reveal()),
                 .hint = std::string(text.reveal().substr(text.size() - kHintCharacters)),
                 .created_at = now,
                 .expires_at_s = expires_at_s};
  made.text = std::move(text);
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

SecretUse::SecretUse() : noted_(kCells) {}

void SecretUse::note(const Handle& secret, std::int64_t known_s, std::int64_t now_s) {
  if (now_s < known_s + kHourS) return;
  const auto word = static_cast<std::uint64_t>(HandleHash{}(secret));
  // Each secret has its own time in the hour, so that not all are written at the full one.
  const auto hour = static_cast<std::uint64_t>((now_s + static_cast<std::int64_t>(word % kHourS)) / kHourS);
  const std::atomic_ref cell(noted_[word % kCells]);
  const std::uint64_t mark = word + hour;
  if (cell.load(std::memory_order_relaxed) == mark) return;
  const std::lock_guard lock(mutex_);
  // Only the client's own secrets get here, so the bound is for a server with more of them than that between two writes.
  if (used_at_s_.size() >= kNotedMax && !used_at_s_.contains(secret)) return;
  used_at_s_[secret] = now_s;
  cell.store(mark, std::memory_order_relaxed);
}

std::vector<SecretUse::Use> SecretUse::take(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto end = std::next(used_at_s_.begin(), static_cast<std::ptrdiff_t>(std::min(limit, used_at_s_.size())));
  std::vector<Use> taken(used_at_s_.begin(), end);
  used_at_s_.erase(used_at_s_.begin(), end);
  return taken;
}

void SecretUse::give_back(const std::vector<Use>& uses) {
  const std::lock_guard lock(mutex_);
  for (const auto& use : uses)
    if (used_at_s_.size() < kNotedMax) used_at_s_.insert(use);
}

}  // namespace tessera::clients
