#include "http/fibers.h"

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <utility>

// g++ has macros for this, clang has features.
#if defined(__has_feature)
#define TESSERA_HAS_FEATURE(name) __has_feature(name)
#else
#define TESSERA_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || TESSERA_HAS_FEATURE(address_sanitizer)
#define TESSERA_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#elif defined(__SANITIZE_THREAD__) || TESSERA_HAS_FEATURE(thread_sanitizer)
#define TESSERA_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace tessera::http {
namespace {

/// Ample for a handler, even in a build for the sanitizers. Only pages that were touched take memory.
constexpr std::size_t kStackBytes = std::size_t{256} * 1024;
/// Stacks kept for the next requests: what one commit of the store takes.
constexpr std::size_t kIdleMax = 64;

/// Tells the sanitizers when the thread goes over to the other stack, and back. Nothing in other builds. Inlined, because ThreadSanitizer
/// keeps the calls of each stack: a function that is left must be left on the stack on which it was entered.
class StackSwitch {
 public:
  explicit StackSwitch(const boost::context::stack_context& stack) : stack_(stack) {}
  ~StackSwitch() {
#if defined(TESSERA_THREAD_SANITIZER)
    __tsan_destroy_fiber(fiber_);
#endif
  }
  StackSwitch(const StackSwitch&) = delete;
  StackSwitch& operator=(const StackSwitch&) = delete;

  [[gnu::always_inline]] void before_entering() {
#if defined(TESSERA_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(&thread_fakes_, static_cast<const char*>(stack_.sp) - stack_.size, stack_.size);
#elif defined(TESSERA_THREAD_SANITIZER)
    thread_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_, 0);
#endif
  }
  [[gnu::always_inline]] void after_entering() {
#if defined(TESSERA_ADDRESS_SANITIZER)
    __sanitizer_finish_switch_fiber(fiber_fakes_, &thread_bottom_, &thread_bytes_);
#endif
  }
  [[gnu::always_inline]] void before_leaving(bool for_good) {
#if defined(TESSERA_ADDRESS_SANITIZER)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fiber_fakes_, thread_bottom_, thread_bytes_);
#elif defined(TESSERA_THREAD_SANITIZER)
    // What returns for good has calls to leave yet.
    if (!for_good) __tsan_switch_to_fiber(thread_, 0);
#endif
    static_cast<void>(for_good);
  }
  [[gnu::always_inline]] void after_leaving() {
#if defined(TESSERA_ADDRESS_SANITIZER)
    __sanitizer_finish_switch_fiber(thread_fakes_, nullptr, nullptr);
#elif defined(TESSERA_THREAD_SANITIZER)
    if (__tsan_get_current_fiber() != thread_) __tsan_switch_to_fiber(thread_, 0);
#endif
  }

 private:
  const boost::context::stack_context stack_;
#if defined(TESSERA_ADDRESS_SANITIZER)
  void* thread_fakes_ = nullptr;
  void* fiber_fakes_ = nullptr;
  const void* thread_bottom_ = nullptr;
  std::size_t thread_bytes_ = 0;
#elif defined(TESSERA_THREAD_SANITIZER)
  void* fiber_ = __tsan_create_fiber(0);
  void* thread_ = nullptr;
#endif
};

}  // namespace

/// One stack, on which one work after another runs.
class Fibers::Fiber final : public Pause {
 public:
  explicit Fiber(Fibers& home) : Fiber(home, boost::context::protected_fixedsize_stack(kStackBytes)) {}
  ~Fiber() override {
    closing_ = true;
    enter();
  }

  /// False when the work waits.
  bool start(Work work) {
    work_ = std::move(work);
    enter();
    return work_ == nullptr;
  }
  bool go_on() {
    enter();
    return work_ == nullptr;
  }

  void wait(Done begin) override {
    home_.begin_soon(std::move(begin));
    leave();
  }
  void wake() override { home_.wake(place); }

  Place place;  ///< among those that wait
  Done done;

 private:
  Fiber(Fibers& home, boost::context::protected_fixedsize_stack stacks) : Fiber(home, stacks, stacks.allocate()) {}
  Fiber(Fibers& home, const boost::context::protected_fixedsize_stack& stacks, const boost::context::stack_context& stack)
      : home_(home),
        switch_(stack),
        fiber_(std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack), stacks,
               [this](boost::context::fiber&& thread) { return live(std::move(thread)); }) {}

  boost::context::fiber live(boost::context::fiber&& thread) {
    thread_ = std::move(thread);
    switch_.after_entering();
    while (!closing_) {
      work_(*this);
      work_ = nullptr;
      leave();
    }
    switch_.before_leaving(true);
    return std::move(thread_);
  }

  void enter() {
    switch_.before_entering();
    fiber_ = std::move(fiber_).resume();
    switch_.after_leaving();
  }
  void leave() {
    switch_.before_leaving(false);
    thread_ = std::move(thread_).resume();
    switch_.after_entering();
  }

  Fibers& home_;
  Work work_;
  bool closing_ = false;
  StackSwitch switch_;
  boost::context::fiber thread_;
  boost::context::fiber fiber_;
};

Fibers::Fibers(std::size_t limit, Post post) : limit_(limit), post_(std::move(post)) {}
Fibers::~Fibers() = default;

bool Fibers::run(Work work, Done done) {
  if (idle_.empty()) idle_.push_front(std::make_unique<Fiber>(*this));
  Fiber& fiber = *idle_.front();
  // Off the list while it runs: the work may run another.
  waiting_.splice(waiting_.end(), idle_, idle_.begin());
  fiber.place = std::prev(waiting_.end());
  fiber.done = std::move(done);
  if (!fiber.start(std::move(work))) return false;
  fiber.done = nullptr;
  idle_.splice(idle_.begin(), waiting_, fiber.place);
  return true;
}

void Fibers::begin_soon(Done begin) {
  begins_.push_back(std::move(begin));
  if (begins_.size() == 1) post_([this] { begin_all(); });
}

void Fibers::begin_all() {
  for (auto& begin : std::exchange(begins_, {})) begin();
}

/// Those who wait for one commit are woken by one post: each would interrupt the thread.
void Fibers::wake(Place place) {
  const std::lock_guard lock(woken_mutex_);
  woken_.push_back(place);
  if (woken_.size() == 1) post_([this] { go_on_all(); });
}

void Fibers::go_on_all() {
  std::vector<Place> woken;
  {
    const std::lock_guard lock(woken_mutex_);
    woken.swap(woken_);
  }
  for (const Place place : woken) go_on(place);
}

void Fibers::go_on(Place place) {
  Fiber& fiber = **place;
  if (!fiber.go_on()) return;
  Done done = std::exchange(fiber.done, nullptr);
  if (idle_.size() < kIdleMax)
    idle_.splice(idle_.begin(), waiting_, place);
  else
    waiting_.erase(place);
  done();
}

}  // namespace tessera::http
