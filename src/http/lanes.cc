#include "http/lanes.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "base/cores.h"

namespace tessera::http {

namespace {

constexpr int kLookupShare = 4;

}  // namespace

void FairQueue::push(std::string_view key, Job job) {
  auto line = by_key_.find(key);
  if (line == by_key_.end()) {
    lines_.push_back({std::string(key), {}});
    const auto last = std::prev(lines_.end());
    line = by_key_.emplace(last->key, last).first;
  }
  line->second->jobs.push_back(std::move(job));
  ++size_;
}

Job FairQueue::pop() {
  const auto line = lines_.begin();
  Job job = std::move(line->jobs.front());
  line->jobs.pop_front();
  --size_;
  if (line->jobs.empty()) {
    by_key_.erase(line->key);
    lines_.erase(line);
  } else {
    lines_.splice(lines_.end(), lines_, line);  // to the end of the round
  }
  return job;
}

std::size_t FairQueue::size_of(std::string_view key) const {
  const auto line = by_key_.find(key);
  return line == by_key_.end() ? 0 : line->second->jobs.size();
}

WorkerPool::WorkerPool(const PoolSize& size)
    : size_(size),
      lookups_max_(std::max<std::size_t>(size.queue / kLookupShare, 1)),
      lookup_threads_max_(std::max(size.threads / kLookupShare, 1)) {
  for (int i = 0; i < size_.threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::string_view key, JobKind kind, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !has_room(key, kind)) return false;
    (kind == JobKind::lookup ? lookups_ : ordinary_).push(key, std::move(job));
  }
  wake_.notify_one();
  return true;
}

bool WorkerPool::has_room(std::string_view key, JobKind kind) const {
  if (threads_.empty() || ordinary_.size() + lookups_.size() >= size_.queue) return false;
  if (kind == JobKind::lookup && lookups_.size() >= lookups_max_) return false;
  return ordinary_.size_of(key) + lookups_.size_of(key) < std::max<std::size_t>(size_.per_key, 1);
}

std::size_t WorkerPool::depth() const {
  const std::lock_guard lock(mutex_);
  return ordinary_.size() + lookups_.size();
}

void WorkerPool::stop() {
  {
    FairQueue dropped_ordinary;  // outlive the lock: what a job owns may be much
    FairQueue dropped_lookups;
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    std::swap(dropped_ordinary, ordinary_);
    std::swap(dropped_lookups, lookups_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void WorkerPool::run() {
  if (size_.nice > 0) ::setpriority(PRIO_PROCESS, 0, size_.nice);  // of this thread alone, on Linux
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || ordinary_.size() > 0 || lookup_may_run(); });
    if (stopping_) return;
    const bool is_lookup = next_kind() == JobKind::lookup;
    Job job = (is_lookup ? lookups_ : ordinary_).pop();
    lookups_running_ += is_lookup;
    lock.unlock();
    job();
    job = nullptr;  // what it owns goes before the lock is taken
    lock.lock();
    lookups_running_ -= is_lookup;
  }
}

bool WorkerPool::lookup_may_run() const { return lookups_.size() > 0 && lookups_running_ < lookup_threads_max_; }

/// Lookups and the rest take turns where both may run, so that neither waits for the other to end.
JobKind WorkerPool::next_kind() {
  lookup_was_last_ = lookup_may_run() && (ordinary_.size() == 0 || !lookup_was_last_);
  return lookup_was_last_ ? JobKind::lookup : JobKind::ordinary;
}

int hash_threads(std::size_t hash_memory_bytes, std::size_t bytes_per_hash) {
  const std::size_t by_memory = hash_memory_bytes / std::max<std::size_t>(bytes_per_hash, 1);
  return static_cast<int>(std::clamp<std::size_t>(by_memory, 1, static_cast<std::size_t>(base::usable_cores())));
}

}  // namespace tessera::http
