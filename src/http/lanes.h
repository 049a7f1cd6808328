// Worker pools for requests that wait.
#pragma once

#include <condition_variable>
#include <cstddef>
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

struct PoolSize {
  int threads = 0;
  std::size_t queue = 0;    ///< jobs that may wait
  std::size_t per_key = 0;  ///< of which one key may hold so many
};

/// A bounded pool, fair by key: keys take turns, so that one that floods delays itself and hardly anybody else. Safe from any thread.
class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  explicit WorkerPool(const PoolSize& size);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue, or the key's share of it, is full; the job is then gone. A job never throws.
  bool submit(std::string_view key, Job job);
  std::size_t depth() const;
  /// Waits for the jobs that run and drops those that wait.
  void stop();

 private:
  struct Line {
    std::string key;
    std::deque<Job> jobs;
  };

  void run();
  Job take_next();

  const PoolSize size_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Line> lines_;  ///< keys with waiting jobs; the first one's turn is next
  std::unordered_map<std::string_view, std::list<Line>::iterator> by_key_;
  std::size_t waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// How many password hashes may run at once: what the memory allows, and no more than the cores can use.
int hash_threads(std::size_t hash_memory_bytes, std::size_t bytes_per_hash);

}  // namespace tessera::http
