#include "revocation/pruning_time.h"

#include <algorithm>

namespace tessera::revocation {

std::optional<std::int64_t> PruningTime::advance(std::int64_t now_s) {
  const std::lock_guard lock(mutex_);
  const bool first = last_s_ == 0;
  const std::int64_t step_s = now_s - last_s_;
  last_s_ = now_s;
  if (first) return trusted_s_ = now_s;
  if (step_s > kStepMaxS) return std::nullopt;
  trusted_s_ = std::min(trusted_s_ + std::max<std::int64_t>(step_s, 0), now_s);
  return trusted_s_;
}

}  // namespace tessera::revocation
