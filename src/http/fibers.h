// Requests put aside: each runs on a stack of its own, so that one which waits for a commit leaves its thread to the others.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace tessera::http {

/// The stacks of one thread. Used on that thread only, but for Pause::wake().
class Fibers {
 public:
  using Work = std::move_only_function<void(Pause& pause)>;
  using Done = std::move_only_function<void()>;
  /// Runs a function on the thread, soon and never at once; called from any thread.
  using Post = std::function<void(Done)>;

  /// At most `limit` wait at once.
  Fibers(std::size_t limit, Post post);
  /// None may wait any more.
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  bool has_room() const { return waiting_.size() < limit_; }
  /// Runs `work`, which throws nothing. True when it has ended; false when it waits: then `done` is called once it has ended. Needs room.
  bool run(Work work, Done done);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  class Fiber;
  using Place = std::list<std::unique_ptr<Fiber>>::iterator;

  void begin_soon(Done begin);
  void begin_all();
  void wake(Place place);
  void go_on_all();
  void go_on(Place place);

  const std::size_t limit_;
  const Post post_;
  std::list<std::unique_ptr<Fiber>> idle_;  ///< the last used first: its stack is warm
  std::list<std::unique_ptr<Fiber>> waiting_;
  std::vector<Done> begins_;  ///< see Pause::wait
  std::mutex woken_mutex_;
  std::vector<Place> woken_;
};

}  // namespace tessera::http
