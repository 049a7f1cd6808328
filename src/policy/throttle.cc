#include "policy/throttle.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

#include "base/name_hash.h"
#include "base/recent_map.h"

namespace tessera::policy {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::size_t kShards = 16;

template <class Value>
using Map = base::RecentMap<Handle, Value, HandleHash>;

/// The value under that key, a fresh one where there is none.
template <class Value>
Value& value_of(Map<Value>& map, const Handle& key) {
  if (Value* const known = map.find(key)) return *known;
  map.put(key, Value{});
  return *map.find(key);  // which counts as a use: a count just begun must not be the next to give way
}

/// What is kept by key, in shards, each under a lock of its own.
template <class Kept>
class Sharded {
 public:
  template <class Use>
  auto with(const Handle& key, Use use) {
    Shard& shard = shards_[index_of(key)];
    const std::lock_guard lock(shard.mutex);
    return use(shard.kept);
  }
  template <class Use>
  auto with(const Handle& key, Use use) const {
    const Shard& shard = shards_[index_of(key)];
    const std::lock_guard lock(shard.mutex);
    return use(shard.kept);
  }

  /// Divides room for so many entries.
  void set_capacity(std::size_t entries) {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      shard.kept.set_capacity(std::max<std::size_t>(entries / kShards, 1));
    }
  }
  std::size_t size() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      sum += shard.kept.size();
    }
    return sum;
  }

 private:
  struct Shard {
    mutable std::mutex mutex;
    Kept kept;
  };
  // Handle's hash reads the last bytes, so the first are free to choose the shard.
  static std::size_t index_of(const Handle& key) { return key.bytes[0] % kShards; }

  std::array<Shard, kShards> shards_;
};

/// A token bucket that holds a minute's worth, kept as the one instant at which it is full again (the generic cell rate algorithm).
struct Bucket {
  std::int64_t full_at_ns = 0;
};

/// Takes one token. Returns 0, or the seconds until there is one.
int take(Bucket& bucket, int per_minute, TimePoint now) {
  const std::int64_t now_ns = base::to_us(now) * 1'000;
  const std::int64_t cost_ns = kMinuteNs / per_minute;
  // Further ahead than an empty bucket of a request that waited meanwhile: the clock was set back, which must not refuse everybody.
  if (bucket.full_at_ns > now_ns + 2 * kMinuteNs) bucket.full_at_ns = now_ns;
  // No further than an empty bucket can be, also when it refuses.
  bucket.full_at_ns = std::clamp(bucket.full_at_ns, now_ns, now_ns + kMinuteNs);
  const std::int64_t wait_ns = bucket.full_at_ns + cost_ns - (now_ns + kMinuteNs);
  if (wait_ns > 0) return static_cast<int>((wait_ns + kSecondNs - 1) / kSecondNs);
  bucket.full_at_ns += cost_ns;
  return 0;
}

/// What is known of one who shows wrong passwords or secrets.
struct Failures {
  int count = 0;
  std::int64_t last_us = 0;
  std::array<std::uint64_t, 8> guesses{};  ///< the last different ones, hashed; 0: none
  std::uint8_t next_guess = 0;

  void add(TimePoint now) {
    count = std::min(count + 1, 1'000'000);
    last_us = base::to_us(now);
  }
  void add(std::uint64_t guess, TimePoint now) {
    if (std::find(guesses.begin(), guesses.end(), guess) != guesses.end()) return;
    guesses[next_guess] = guess;
    next_guess = static_cast<std::uint8_t>((next_guess + 1) % guesses.size());
    add(now);
  }
};

/// Failures by who made them. Who has reached the waits stands apart from who has not, each in half of the table: made-up names that fail
/// once push out only others of a few failures. What the bound gives away: a handful of free guesses at one name for every half table of
/// failures, or for `threshold` times as many once it waits. A user's failure costs a password hash, so that is minutes of hashing for
/// each handful, which no quick guesser can afford and every operator sees. A client's costs a request with a secret not shown before, and
/// is counted by address: whoever has the addresses for that many has as many first guesses without it.
class FailureMap {
 public:
  void set_capacity(std::size_t entries) {
    const std::size_t each = std::max<std::size_t>(entries / 2, 1);
    few_.set_capacity(each);
    waiting_.set_capacity(each);
  }

  template <class Change>
  void update(const Handle& key, int threshold, Change change) {
    if (Failures* const waiting = waiting_.find(key)) return change(*waiting);
    Failures& failures = value_of(few_, key);
    change(failures);
    if (failures.count < threshold) return;
    value_of(waiting_, key) = failures;
    few_.erase(key);
  }

  Failures peek(const Handle& key) const {
    const Failures* known = waiting_.peek(key);
    if (!known) known = few_.peek(key);
    return known ? *known : Failures{};
  }

  void erase(const Handle& key) {
    few_.erase(key);
    waiting_.erase(key);
  }

  std::size_t size() const { return few_.size() + waiting_.size(); }

 private:
  Map<Failures> few_;
  Map<Failures> waiting_;  ///< at or beyond the threshold, until a success or the bound
};

/// The wait after `count` failures: none, then 1 s, 2 s, 4 s ...
std::int64_t backoff_s(int count, int free_failures, int max_s) {
  if (count < std::max(free_failures, 1)) return 0;
  const int doublings = std::min(count - std::max(free_failures, 1), 30);
  return std::min<std::int64_t>(std::int64_t{1} << doublings, max_s);
}

Status refuse(Reason reason, int retry_after_s) {
  if (retry_after_s == 0) return {};
  return std::unexpected(Error{.reason = reason, .context = {}, .retry_after_s = retry_after_s});
}

}  // namespace

struct Throttle::State {
  base::NameHash hash;
  Sharded<Map<Bucket>> addresses;
  Sharded<Map<Bucket>> clients;
  Sharded<FailureMap> user_failures;  ///< of their own: each entry is paid for by a password hash, a client's only by a request
  Sharded<FailureMap> client_failures;
  std::atomic<int> address_per_minute;
  std::atomic<int> client_per_minute;
  std::atomic<int> failures_before_backoff;
  std::atomic<int> backoff_max_s;

  Sharded<FailureMap>& failures_of(Guessed what) { return what == Guessed::user ? user_failures : client_failures; }

  static Status take_from(Sharded<Map<Bucket>>& buckets, const Handle& key, int per_minute, TimePoint now, Reason reason) {
    return refuse(reason, buckets.with(key, [&](Map<Bucket>& map) { return take(value_of(map, key), per_minute, now); }));
  }
  template <class Change>
  void change_failures(Guessed what, std::string_view who, Change change) {
    const Handle key = hash(who);
    failures_of(what).with(key, [&](FailureMap& failures) { failures.update(key, failures_before_backoff, change); });
  }
};

Throttle::Throttle(const ThrottleLimits& limits) : state_(std::make_unique<State>()) { set_limits(limits); }

Throttle::~Throttle() = default;

void Throttle::set_limits(const ThrottleLimits& limits) {
  state_->address_per_minute = limits.address_per_minute;
  state_->client_per_minute = limits.client_per_minute;
  state_->failures_before_backoff = limits.failures_before_backoff;
  state_->backoff_max_s = limits.backoff_max_s;
  state_->addresses.set_capacity(limits.buckets_max);
  state_->clients.set_capacity(limits.buckets_max);
  state_->user_failures.set_capacity(limits.buckets_max);
  state_->client_failures.set_capacity(limits.buckets_max);
}

Status Throttle::take_address(std::string_view address, TimePoint now) {
  const int limit = state_->address_per_minute;
  if (limit <= 0) return {};
  return State::take_from(state_->addresses, state_->hash(address_prefix(address)), limit, now, Reason::throttled_address);
}

Status Throttle::take_client(const Handle& client, int own_limit, TimePoint now) {
  const int limit = own_limit > 0 ? own_limit : state_->client_per_minute.load();
  if (limit <= 0) return {};
  return State::take_from(state_->clients, client, limit, now, Reason::throttled_client);
}

int Throttle::wait_s(Guessed what, std::string_view who, TimePoint now) const {
  const Handle key = state_->hash(who);
  const Failures failures = state_->failures_of(what).with(key, [&](const FailureMap& map) { return map.peek(key); });
  const int max_s = state_->backoff_max_s;
  const std::int64_t wait_us = backoff_s(failures.count, state_->failures_before_backoff, max_s) * kSecondUs;
  if (wait_us == 0) return 0;
  // A request that stood in a queue is judged at an instant before the newest failure, and is locked like any other. Only a step back
  // beyond the longest wait (the clock was set) unlocks; the count stands, so the next failure locks for as long again.
  const std::int64_t passed_us = base::to_us(now) - failures.last_us;
  if (passed_us >= wait_us || passed_us < -max_s * kSecondUs) return 0;
  return static_cast<int>((wait_us - std::max<std::int64_t>(passed_us, 0) + kSecondUs - 1) / kSecondUs);
}

void Throttle::count_failure(std::string_view who, TimePoint now) {
  state_->change_failures(Guessed::user, who, [&](Failures& failures) { failures.add(now); });
}

void Throttle::count_guess(std::string_view who, std::string_view guess, TimePoint now) {
  const Handle guess_hash = state_->hash(guess);
  std::uint64_t short_hash;
  std::memcpy(&short_hash, guess_hash.bytes.data(), sizeof short_hash);
  state_->change_failures(Guessed::client, who, [&](Failures& failures) { failures.add(short_hash, now); });
}

void Throttle::clear_failures(Guessed what, std::string_view who) {
  const Handle key = state_->hash(who);
  state_->failures_of(what).with(key, [&](FailureMap& failures) { failures.erase(key); });
}

std::size_t Throttle::size() const {
  return state_->addresses.size() + state_->clients.size() + state_->user_failures.size() + state_->client_failures.size();
}

}  // namespace tessera::policy
