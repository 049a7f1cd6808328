#include "clients/published_keys.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tessera::clients {
namespace {

constexpr std::size_t kEntriesMax = 4'096;
constexpr std::int64_t kFreshS = 300;
constexpr std::int64_t kPauseS = 10;
constexpr std::int64_t kGoodS = 3'600;
/// Requests are answered in another order than they came.
constexpr std::int64_t kDisorderS = 60;

// Fewer than the threads that are reserved for what must not wait: a server that keeps silent holds up its own clients alone.
constexpr std::size_t kFetchesMax = 2;
// A client that begins with many requests at once finds its keys a moment later.
constexpr int kWaitersMax = 32;
constexpr std::chrono::milliseconds kPatience{500};

/// Whether less than that has passed; not where the clock was set back.
bool is_within(std::int64_t span_s, std::int64_t since_s, std::int64_t now_s) {
  return now_s - since_s < span_s && since_s - now_s < kDisorderS;
}

}  // namespace

PublishedKeys::PublishedKeys(Fetch fetch) : fetch_(std::move(fetch)), entries_(kEntriesMax) {}

Result<PublishedKeys::Keys> PublishedKeys::find(const std::string& uri, const Turn& turn, const Serves& serves) {
  const std::int64_t now_s = base::to_s(turn.now);
  const auto answers = [&](const Entry& entry) { return entry.keys && is_within(kFreshS, entry.had_at_s, now_s) && serves(*entry.keys); };
  const auto is_good = [&](const Entry& entry) { return entry.keys && is_within(kGoodS, entry.had_at_s, now_s); };

  std::unique_lock lock(mutex_);
  const Entry* known = recall(uri);
  if (known != nullptr && answers(*known)) return known->keys;
  if (known == nullptr || !is_within(kPauseS, known->tried_at_s, now_s)) {
    if (turn.lane == Lane::io) return fail(Reason::would_wait);
    // Each core has one hashing thread: none of them waits for others.
    if (turn.lane == Lane::pool && !under_way_.contains(uri) && under_way_.size() < kFetchesMax) renew(uri, now_s, lock);
  }
  known = recall(uri);
  if ((known == nullptr || !is_good(*known)) && turn.lane == Lane::pool && under_way_.contains(uri)) {
    await(uri, lock);
    known = recall(uri);
  }
  if (known != nullptr && is_good(*known)) return known->keys;
  return fail(Reason::assertion_keys_unreachable, uri + ": " + (known == nullptr ? "too much is being fetched" : known->fault));
}

void PublishedKeys::renew(const std::string& uri, std::int64_t now_s, std::unique_lock<std::mutex>& lock) {
  under_way_.insert(uri);
  lock.unlock();
  const auto begun = std::chrono::steady_clock::now();
  const auto text = fetch_(uri);
  auto keys = text ? jose::parse_jwks(*text) : std::unexpected(text.error());
  const auto took = std::chrono::steady_clock::now() - begun;
  lock.lock();
  under_way_.erase(uri);
  const Entry* const known = recall(uri);
  Entry entry = known == nullptr ? Entry{} : *known;
  // The pause begins when the fetch has ended: one that lasts must not be followed by the next at once.
  entry.tried_at_s = now_s + std::chrono::duration_cast<std::chrono::seconds>(took).count();
  entry.fault = keys ? "" : keys.error().context;
  if (keys) {
    entry.keys = std::make_shared<const std::vector<jose::VerifyKey>>(*std::move(keys));
    entry.had_at_s = now_s;
  }
  entries_.put(uri, std::move(entry));
  fetched_.notify_all();
}

/// Somebody else fetches it already.
void PublishedKeys::await(const std::string& uri, std::unique_lock<std::mutex>& lock) {
  if (waiters_ >= kWaitersMax) return;
  ++waiters_;
  fetched_.wait_for(lock, kPatience, [&] { return !under_way_.contains(uri); });
  --waiters_;
}

}  // namespace tessera::clients
