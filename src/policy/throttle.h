// Rate limits per client and address, and backoff on wrong passwords and secrets. Everything is bounded: the oldest bucket
// gives way, and who has to wait for a wrong password or secret gives way to others who have to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/handle.h"
#include "base/result.h"

namespace tessera::policy {

struct ThrottleLimits {
  int address_per_minute = 6'000;    ///< requests of one address (IPv6: its /64); 0: no limit
  int client_per_minute = 60'000;    ///< requests of one client; 0: no limit
  int failures_before_backoff = 5;   ///< wrong passwords of a user, or wrong secrets of (client, address prefix), before waits begin
  int backoff_max_s = 900;           ///< the wait doubles from 1 s to this
  std::size_t buckets_max = 65'536;  ///< per table: addresses, clients, and failures of users and of clients
};

/// Whose password or secret is guessed: users and clients are counted apart, so that neither's names push out the other's.
enum class Guessed : std::uint8_t { user, client };

/// Token buckets (a minute's burst) and failure counters, cleared by a success. Safe from any thread.
class Throttle {
 public:
  explicit Throttle(const ThrottleLimits& limits);
  ~Throttle();
  /// New limits at reload; counts go on.
  void set_limits(const ThrottleLimits& limits);

  /// Counts one request. Errors: throttled_address, throttled_client (retry_after_s set). `own_limit` 0: the server's default.
  Status take_address(std::string_view address, TimePoint now);
  Status take_client(const Handle& client, int own_limit, TimePoint now);

  /// Seconds that `who` still has to wait after wrong passwords or secrets; 0: none. `who` is "realm/user" or "client/address-prefix".
  int wait_s(Guessed what, std::string_view who, TimePoint now) const;
  /// A wrong password of that user.
  void count_failure(std::string_view user, TimePoint now);
  /// A wrong secret of that client, unless `guess` is among the last few different ones: who keeps showing one wrong secret learns nothing
  /// from it, and is a forgotten instance rather than an attacker. Kept as a keyed hash.
  void count_guess(std::string_view client, std::string_view guess, TimePoint now);
  void clear_failures(Guessed what, std::string_view who);

  /// Live entries of all tables: what the memory depends on.
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The address, or for IPv6 its /64, however either is spelt ("2001:db8:0:1", and "192.0.2.1" for ::ffff:192.0.2.1): what counts are kept
/// by. Text that is no address stays as it is.
std::string address_prefix(std::string_view address);

}  // namespace tessera::policy
