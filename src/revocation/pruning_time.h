// The time by which things are deleted for good: a clock that is wrong for a while deletes nothing too early.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

namespace tessera::revocation {

/// Advances with the clock's small steps only: time that was jumped over never counts. The first call's clock is believed. Safe from any
/// thread.
class PruningTime {
 public:
  /// A larger step of the clock between two calls is a jump.
  static constexpr std::int64_t kStepMaxS = 3'600;

  /// The time to go by now; nothing right after a jump ahead.
  std::optional<std::int64_t> advance(std::int64_t now_s);

 private:
  std::mutex mutex_;
  std::int64_t last_s_ = 0;
  std::int64_t trusted_s_ = 0;
};

}  // namespace tessera::revocation
