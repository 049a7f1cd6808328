#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/recent_map.h"
#include "base/result.h"
#include "clients/client_keys.h"

namespace tessera::clients {

/// The public keys of clients that publish them themselves (RFC 7591, 2: `jwks_uri`), as they were had last. Bounded, and so is what
/// waits for the servers of others: two threads of ours, and for half a second some that would be the first to use what is fetched. Safe
/// from any thread.
class PublishedKeys {
 public:
  using Keys = ClientKeys::Keys;
  /// Waits for what stands at a URI, a few seconds at most. Errors: outbound_refused, outbound_failed.
  using Fetch = std::function<Result<std::string>(const std::string& uri)>;
  /// Whether a set has the key that is looked for.
  using Serves = std::function<bool(const std::vector<jose::VerifyKey>& keys)>;

  explicit PublishedKeys(Fetch fetch);

  /// The set at `uri`. It is had anew when it is older than five minutes, or does not serve; but never within ten seconds of the last time,
  /// so that made-up key ids make nobody ask. One that can't be had anew, or not now, is good for an hour. Errors: would_wait where it
  /// would have to be had on Lane::io, assertion_keys_unreachable.
  Result<Keys> find(const std::string& uri, const Turn& turn, const Serves& serves);

 private:
  struct Entry {
    Keys keys = nullptr;  ///< null: never had
    std::int64_t had_at_s = 0;
    std::int64_t tried_at_s = 0;
    std::string fault = {};  ///< of the last try; "" when it went well
  };
  Entry* recall(const std::string& uri) { return entries_.find(uri); }
  void renew(const std::string& uri, std::int64_t now_s, std::unique_lock<std::mutex>& lock);
  void await(const std::string& uri, std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  std::mutex mutex_;  ///< guards all below; never held while something is fetched
  std::condition_variable fetched_;
  std::set<std::string> under_way_;
  int waiters_ = 0;
  base::RecentMap<std::string, Entry> entries_;
};

}  // namespace tessera::clients
