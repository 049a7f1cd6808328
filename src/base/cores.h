#pragma once

#include <sched.h>

#include <algorithm>

namespace tessera::base {

/// How many cores this process may run on, at least 1: of a machine that it shares by taskset or cpuset, only its own.
inline int usable_cores() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return std::max(CPU_COUNT(&cores), 1);
}

}  // namespace tessera::base
