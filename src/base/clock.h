// Time as a parameter: domain code never asks for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace tessera::base {

/// An instant in UTC, to the microsecond (what the store keeps).
using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

inline std::int64_t to_us(TimePoint at) { return at.time_since_epoch().count(); }
inline TimePoint from_us(std::int64_t us) { return TimePoint{std::chrono::microseconds{us}}; }
/// Whole seconds since 1970 (NumericDate of RFC 7519), rounded down.
inline std::int64_t to_s(TimePoint at) { return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count(); }
inline TimePoint from_s(std::int64_t s) { return TimePoint{std::chrono::seconds{s}}; }

/// How far two clocks may be apart: ours and that of another node, or ours before and after it was set.
inline constexpr std::int64_t kClockLeewayS = 10;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); }
};

/// Where a request runs, and so what it may wait for.
enum class Lane : std::uint8_t {
  io,    ///< a connection's own thread: nothing that waits
  pool,  ///< a worker: durable writes, a remote store
  hash,  ///< a hashing worker: passwords, and all that `pool` may
};

/// How a request on a connection's own thread waits: it is put aside, and the thread goes on with others.
class Pause {
 public:
  virtual ~Pause() = default;
  /// Returns once wake() was called, which may be before this is. `begin` starts what is waited for; it is called when the thread has run
  /// what else was ready, so that those who wait for the same begin together.
  virtual void wait(std::move_only_function<void()> begin) = 0;
  /// Ends one wait. From any thread.
  virtual void wake() = 0;
};

/// One request's turn: the instant it is judged at, and what it may wait for. A verb that needs more than the lane
/// gives returns would_wait, would_look_up or would_hash before any effect, and the request is run again on that lane.
struct Turn {
  TimePoint now;
  Lane lane = Lane::pool;
  bool counted = false;    ///< an earlier run got as far as its client, whose throttle counts a request once
  Pause* pause = nullptr;  ///< on Lane::io: what a verb that says so waits with, instead of asking for another lane; null: it must ask
};

}  // namespace tessera::base

namespace tessera {
using base::Clock;
using base::Lane;
using base::Pause;
using base::TimePoint;
using base::Turn;
}  // namespace tessera
