// Worker pools for requests that wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tessera::http {

using Job = std::move_only_function<void()>;

/// Jobs that wait, in a line a key: keys take turns, so that one that floods delays itself and hardly anybody else. Not thread-safe.
class FairQueue {
 public:
  void push(std::string_view key, Job job);
  /// The first job of the key whose turn it is. Not for an empty queue.
  Job pop();
  std::size_t size() const { return size_; }
  std::size_t size_of(std::string_view key) const;

 private:
  struct Line {
    std::string key;
    std::deque<Job> jobs;
  };
  std::list<Line> lines_;  ///< keys with waiting jobs; the first one's turn is next
  std::unordered_map<std::string_view, std::list<Line>::iterator> by_key_;
  std::size_t size_ = 0;
};

struct PoolSize {
  int threads = 0;
  std::size_t queue = 0;    ///< jobs that may wait
  std::size_t per_key = 0;  ///< of which one key may hold so many
  int nice = 0;             ///< of each thread, as nice(1): above 0, others go first where they want the same core
};

enum class JobKind : std::uint8_t {
  ordinary,
  lookup,  ///< of an id that may not exist, as anybody can make up: a quarter of a pool's queue and threads at most, and one at least
};

/// A bounded pool, fair by key. Safe from any thread.
class WorkerPool {
 public:
  explicit WorkerPool(const PoolSize& size);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue, or the key's or the lookups' share of it, is full; the job is then gone. A job never throws.
  bool submit(std::string_view key, JobKind kind, Job job);
  std::size_t depth() const;
  /// Waits for the jobs that run and drops those that wait.
  void stop();

 private:
  void run();
  bool has_room(std::string_view key, JobKind kind) const;
  bool lookup_may_run() const;
  JobKind next_kind();

  const PoolSize size_;
  const std::size_t lookups_max_;
  const int lookup_threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  FairQueue ordinary_;
  FairQueue lookups_;
  int lookups_running_ = 0;
  bool lookup_was_last_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// How many password hashes may run at once: what the memory allows, and one for each core. A hash never waits, and two that take turns on
/// a core push each other's memory out of its cache.
int hash_threads(std::size_t hash_memory_bytes, std::size_t bytes_per_hash);

}  // namespace tessera::http
