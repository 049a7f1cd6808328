// What is worked out from a record's other members, once for all who read it.
#pragma once

#include <atomic>
#include <memory>

namespace tessera::base {

/// A T that is made when it is first asked for. A copy starts anew, since it may be changed before anybody reads it; so does whatever is
/// assigned to. Two are always equal: what they are made from is compared where it stands. Reading is safe from any thread.
template <class T>
class Memo {
 public:
  Memo() = default;
  Memo(const Memo&) noexcept {}
  Memo& operator=(const Memo& other) noexcept {
    if (this != &other) delete made_.exchange(nullptr);
    return *this;
  }
  ~Memo() { delete made_.load(); }

  /// `make` may run on several threads at once; one result is kept, and all get that.
  template <class Make>
  const T& get(Make make) const {
    if (const T* known = made_.load(std::memory_order_acquire)) return *known;
    auto mine = std::make_unique<const T>(make());
    const T* known = nullptr;
    if (made_.compare_exchange_strong(known, mine.get(), std::memory_order_acq_rel)) return *mine.release();
    return *known;
  }

  friend bool operator==(const Memo&, const Memo&) { return true; }

 private:
  mutable std::atomic<const T*> made_ = nullptr;
};

}  // namespace tessera::base
