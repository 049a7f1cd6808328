#include "http/lanes.h"

#include <algorithm>
#include <utility>

namespace tessera::http {

WorkerPool::WorkerPool(const PoolSize& size) : size_(size) {
  for (int i = 0; i < size_.threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::string_view key, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || threads_.empty() || waiting_ >= size_.queue) return false;
    auto line = by_key_.find(key);
    if (line == by_key_.end()) {
      lines_.push_back({std::string(key), {}});
      const auto last = std::prev(lines_.end());
      line = by_key_.emplace(last->key, last).first;
    }
    std::deque<Job>& jobs = line->second->jobs;
    if (jobs.size() >= std::max<std::size_t>(size_.per_key, 1)) return false;
    jobs.push_back(std::move(job));
    ++waiting_;
  }
  wake_.notify_one();
  return true;
}

std::size_t WorkerPool::depth() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void WorkerPool::stop() {
  {
    std::list<Line> dropped;  // outlives the lock: what a job owns may be much
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    by_key_.clear();
    dropped.swap(lines_);
    waiting_ = 0;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void WorkerPool::run() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || waiting_ > 0; });
      if (stopping_) return;
      job = take_next();
    }
    job();
  }
}

WorkerPool::Job WorkerPool::take_next() {
  const auto line = lines_.begin();
  Job job = std::move(line->jobs.front());
  line->jobs.pop_front();
  --waiting_;
  if (line->jobs.empty()) {
    by_key_.erase(line->key);
    lines_.erase(line);
  } else {
    lines_.splice(lines_.end(), lines_, line);  // to the end of the round
  }
  return job;
}

int hash_threads(std::size_t hash_memory_bytes, std::size_t bytes_per_hash) {
  const std::size_t by_memory = hash_memory_bytes / std::max<std::size_t>(bytes_per_hash, 1);
  const std::size_t by_cores = 2 * std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  return static_cast<int>(std::clamp<std::size_t>(by_memory, 1, by_cores));
}

}  // namespace tessera::http
