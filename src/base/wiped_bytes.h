#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/secret.h"

namespace tessera::base {

/// Wipes what it gives back.
template <class T>
class WipingAllocator {
 public:
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  explicit(false) WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) {
    wipe({reinterpret_cast<char*>(memory), count * sizeof(T)});
    std::allocator<T>().deallocate(memory, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

/// A buffer that secrets pass through: none stays behind where it grew, shrank or ended. What it drops and keeps room for is its owner's to
/// wipe.
using WipedBytes = std::vector<char, WipingAllocator<char>>;

}  // namespace tessera::base
