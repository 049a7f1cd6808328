// Telling clients that a session has ended (OpenID Connect Back-Channel Logout 1.0).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/recent_map.h"
#include "clients/directory.h"
#include "http/outbound.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/store.h"
#include "tokens/issuer.h"

namespace tessera::flow {

/// Follows what ends, finds the clients that have a part in it, and posts each of them a logout token. Whoever ended the session waits for
/// none of it. What a client does not take is tried three times; what is still to be said when the server stops is not said: the tokens
/// are dead all the same. Safe from any thread.
class Backchannel final : public store::ChangeListener {
 public:
  struct Services {
    clients::Directory& directory;
    store::SessionStore& sessions;
    const tokens::Issuer& issuer;
    const http::Outbound& outbound;
    const Clock& clock;
    const observe::Log& log;
    observe::Metrics& metrics;
  };
  explicit Backchannel(const Services& services) : services_(services) {}
  ~Backchannel() override { stop(); }

  void start();
  /// Finishes the posts under way.
  void stop();
  void on_committed(const std::vector<store::Change>& changes) override;

 private:
  static constexpr std::size_t kToldKept = 16'384;
  using Time = std::chrono::steady_clock::time_point;
  struct Ending {
    model::RevocationKind kind;
    Handle id;
  };
  struct Job {
    std::variant<Ending, store::SessionParty> what;
    std::size_t tries = 0;  ///< so far
  };
  enum class Outcome : std::uint8_t { done, failed, worth_another_try };

  void run();
  void put(Job job, Time due);
  void carry_out(Job job);
  Outcome find_parties(const Ending& ending);
  std::vector<store::SessionParty> keep_untold(const std::vector<store::SessionParty>& parties);
  Outcome tell(const store::SessionParty& party);
  Outcome judge(const model::Client& client, const Result<http::OutboundResponse>& answer) const;

  const Services services_;
  std::mutex mutex_;  ///< guards the four below
  std::condition_variable changed_;
  std::multimap<Time, Job> jobs_;  ///< by when they are due
  base::RecentMap<Handle, bool, HandleHash> told_{kToldKept};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tessera::flow
