#pragma once

#include <sched.h>

#include <algorithm>
#include <thread>

namespace tessera::base {

/// How many cores this process may run on, at least 1: of a machine that it shares by taskset or cpuset, only its own.
inline int usable_cores() {
  cpu_set_t cores;
  // It fails where there are more than 1,024.
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
  return std::max(CPU_COUNT(&cores), 1);
}

}  // namespace tessera::base
