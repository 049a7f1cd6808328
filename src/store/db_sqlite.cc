#include "store/db_sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cores.h"
#include "base/fd.h"
#include "base/file_owner.h"
#include "base/random.h"
#include "store/sqlite_connection.h"

namespace tessera::store {
namespace {

using base::system_error;

constexpr std::size_t kBatchJobs = 64;
constexpr int kWriterCacheKib = 8'000;
constexpr int kReaderCacheKib = 4'000;
/// About 8 MiB of log: large enough that a checkpoint's two syncs are rare, small enough that one is short.
constexpr int kCheckpointFrames = 2'000;

/// Set once. std::atomic::wait yields many times before it sleeps, which costs more than the sleep when a sync is what is waited for.
class Signal {
 public:
  void wait() {
    while (set_.load(std::memory_order_acquire) == 0) ::syscall(SYS_futex, word(), FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  }
  void set() {
    set_.store(1, std::memory_order_release);
    ::syscall(SYS_futex, word(), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

 private:
  std::uint32_t* word() { return reinterpret_cast<std::uint32_t*>(&set_); }
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

  std::atomic<std::uint32_t> set_ = 0;
};

/// How a thread waits that has nothing else to do.
class ThreadPause final : public Pause {
 public:
  void wait(std::move_only_function<void()> begin) override {
    begin();
    signal_->wait();
  }
  void wake() override {
    const auto signal = signal_;  // this is gone as soon as its thread is awake
    signal->set();
  }

 private:
  std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
};

struct Job {
  const Work* work;
  Pause* pause;  ///< what its caller waits with; the job is gone as soon as it is woken
  Status outcome = {};
};

void undo(SqliteConnection& connection) {
  if (connection.in_transaction()) static_cast<void>(connection.run("rollback", {}));
}

void fail_all(SqliteConnection& connection, std::span<Job* const> jobs, const Error& error) {
  for (auto* job : jobs)
    if (job->outcome) job->outcome = std::unexpected(error);
  undo(connection);
}

void commit(SqliteConnection& connection, std::span<Job* const> jobs) {
  if (const auto committed = connection.commit(); !committed) fail_all(connection, jobs, committed.error());
}

/// Carries out jobs in one transaction, if all succeed or fail before they write. Otherwise nothing is done, and false returned.
bool run_together(SqliteConnection& connection, std::span<Job* const> jobs) {
  if (const auto begun = connection.run("begin immediate", {}); !begun) {
    fail_all(connection, jobs, begun.error());
    return true;
  }
  for (auto* job : jobs) {
    const auto before = connection.total_changes();
    job->outcome = run_guarded(*job->work, connection);
    if (job->outcome && connection.in_transaction()) continue;
    if (connection.in_transaction() && connection.total_changes() == before) continue;
    undo(connection);
    return false;
  }
  commit(connection, jobs);
  return true;
}

/// The same, each in a savepoint, so that one that fails leaves the others whole.
void run_apart(SqliteConnection& connection, std::span<Job* const> jobs) {
  for (auto* job : jobs) job->outcome = {};
  if (const auto begun = connection.run("begin immediate", {}); !begun) return fail_all(connection, jobs, begun.error());
  for (auto* job : jobs) {
    if (const auto saved = connection.run("savepoint job", {}); !saved) return fail_all(connection, jobs, saved.error());
    job->outcome = run_guarded(*job->work, connection);
    // The engine gave the whole transaction up (disk full): the jobs before this one are gone with it.
    if (!connection.in_transaction())
      return fail_all(connection, jobs, job->outcome ? Error{Reason::store_unavailable, "rolled back"} : job->outcome.error());
    if (!job->outcome)
      if (const auto undone = connection.run("rollback to job", {}); !undone) return fail_all(connection, jobs, undone.error());
    if (const auto released = connection.run("release job", {}); !released) return fail_all(connection, jobs, released.error());
  }
  commit(connection, jobs);
}

/// Most batches need no savepoints, which cost as much as a small job. Jobs may run twice (Db::write).
void run_jobs(SqliteConnection& connection, std::span<Job* const> jobs) {
  if (!run_together(connection, jobs)) run_apart(connection, jobs);
}

/// Folds the log into the database's file under a stamp of its own, so that the log that begins then stands on this file and no other.
class LogFolder {
 public:
  LogFolder(const LogStamps& stamps, NoteStamps note) : stamps_(stamps), note_(std::move(note)) {}

  /// Before the first commit: from here on there is a log. A reader of another process may keep it from being folded in; that is no error.
  Status begin(SqliteConnection& connection) {
    if (!note_) return fold_in(connection);
    if (!has_attempts() && !begin_attempts_anew(connection)) return note({stamps_.present, stamps_.next, 1});
    TRY(put_stamp(connection));
    // Only now: after a clean stop there is no log until a commit has written one.
    TRY(note({stamps_.present, stamps_.next, 1}));
    return fold_in(connection);
  }

  /// After each commit: folds a log that has grown. Where a reader stays, an eighth more has to come before it is tried again.
  Status fold_large(SqliteConnection& connection) {
    const int frames = connection.wal_frames();
    if (frames < tried_at_frames_) tried_at_frames_ = 0;  // another log
    if (frames < tried_at_frames_ + std::max(kCheckpointFrames, tried_at_frames_ / 8)) return {};
    tried_at_frames_ = frames;
    TRY(settle());
    if (note_ && !has_attempts()) return {};
    if (note_) TRY(put_stamp(connection));
    return fold_in(connection);
  }

  /// Before each commit: none begins a log on a file whose stamp is not noted, for its old one would be taken for this log's too.
  Status settle() {
    if (!note_ || !begins_anew_) return {};
    TRY(note({stamps_.next, stamps_.next, 1}));
    begins_anew_ = false;
    return {};
  }

  /// Folds all of it in and lets the log be removed. Else it stays, and the next start folds it.
  void end(SqliteConnection& connection) {
    if (!settle() || !fold_whole(connection)) return;
    if (!note_ || note({stamps_.next, stamps_.next, 0})) connection.remove_log_at_close();
  }

 private:
  Status fold_in(SqliteConnection& connection) {
    begins_anew_ = connection.checkpoint();
    return settle();
  }

  /// For a while: whoever closes the file after us would fold the rest in, and what we find then would not be what we left.
  bool fold_whole(SqliteConnection& connection) {
    constexpr int kTries = 20;
    constexpr std::chrono::milliseconds kBetween{50};
    if (note_ && !(has_attempts() && put_stamp(connection))) return false;
    for (int i = 0; i < kTries; ++i) {
      if (connection.checkpoint()) return true;
      std::this_thread::sleep_for(kBetween);
    }
    return false;
  }

  /// A blocked fold takes a stamp, and there are as many as its bits count. Without one nothing is folded until the next start.
  bool has_attempts() const {
    constexpr std::int64_t kLast = (1 << LogStamps::kAttemptBits) - 1;
    return stamps_.next == stamps_.present || stamps_.next % (kLast + 1) != kLast;
  }
  /// Folds under the stamp that there is. Copies may have it too: until the next fold those are known by their landmark.
  bool begin_attempts_anew(SqliteConnection& connection) {
    if (!connection.checkpoint()) return false;
    std::int64_t stamp = 0;
    const auto read = connection.execute("pragma user_version", {}, [&](const Row& row) { stamp = row.int64(0); });
    return read && note({stamp, stamp, stamps_.has_log});
  }

  /// Another one for each fold: copies that were made since the last one was written have that.
  Status put_stamp(SqliteConnection& connection) {
    const bool anew = stamps_.next == stamps_.present;
    TRY(note({stamps_.present, anew ? random_stamp() : stamps_.next + 1, stamps_.has_log}));
    return connection.run_script(fmt::format("pragma user_version = {}", stamps_.next));
  }
  static std::int64_t random_stamp() {
    std::array<std::uint8_t, 4> bytes;
    base::random_bytes(bytes);
    return std::bit_cast<std::uint32_t>(bytes) & 0x7FFF'FF00;
  }
  Status note(const LogStamps& stamps) {
    if (stamps == stamps_) return {};
    TRY(note_(stamps));
    stamps_ = stamps;
    return {};
  }

  LogStamps stamps_;
  NoteStamps note_;
  int tried_at_frames_ = 0;
  bool begins_anew_ = false;  ///< the file has stamps_.next, and that is not noted yet
};

class SqliteWriter {
 public:
  SqliteWriter(std::unique_ptr<SqliteConnection> connection, LogFolder folder)
      : connection_(std::move(connection)), folder_(std::move(folder)), thread_([this] { run(); }) {}
  ~SqliteWriter() { close(); }

  Status write(const Work& work, Pause& pause) {
    Job job{&work, &pause};
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return fail(Reason::shutting_down);
      gathered_.push_back(&job);
    }
    pause.wait([this] { begin(); });
    return std::move(job.outcome);
  }

  std::size_t depth() const {
    const std::lock_guard lock(mutex_);
    return gathered_.size() + begun_.size();
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
      begin_gathered();
      work_came_.notify_one();
    }
    thread_.join();
    folder_.end(*connection_);
    connection_.reset();
  }

 private:
  /// Lets the writer have what was gathered. A thread that has many requests to run says so once, after the last: were each written as it
  /// comes, most would have a sync of their own.
  void begin() {
    const std::lock_guard lock(mutex_);
    if (begun_.empty() && !gathered_.empty()) work_came_.notify_one();
    begin_gathered();
  }
  void begin_gathered() {
    begun_.insert(begun_.end(), gathered_.begin(), gathered_.end());
    gathered_.clear();
  }

  /// Empty when the writer is closed.
  std::vector<Job*> next_batch() {
    std::unique_lock lock(mutex_);
    work_came_.wait(lock, [this] { return closed_ || !begun_.empty(); });
    const auto end = begun_.begin() + static_cast<std::ptrdiff_t>(std::min(begun_.size(), kBatchJobs));
    std::vector<Job*> batch(begun_.begin(), end);
    begun_.erase(begun_.begin(), end);
    return batch;
  }

  void run() {
    for (auto batch = next_batch(); !batch.empty(); batch = next_batch()) {
      if (const auto settled = folder_.settle(); settled)
        run_jobs(*connection_, batch);
      else
        for (auto* job : batch) job->outcome = settled;
      for (auto* job : batch) job->pause->wake();
      static_cast<void>(folder_.fold_large(*connection_));
    }
  }

  std::unique_ptr<SqliteConnection> connection_;
  LogFolder folder_;
  mutable std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<Job*> gathered_;
  std::deque<Job*> begun_;  ///< no later ones wait for them to gather
  bool closed_ = false;
  std::thread thread_;
};

/// A few reading connections, opened as they are first needed.
class SqliteReaders {
 public:
  explicit SqliteReaders(std::string path)
      : path_(std::move(path)), limit_(static_cast<std::size_t>(std::max(4, 2 * base::usable_cores()))) {}

  Status read(const Work& work) {
    auto connection = TRY(take());
    auto outcome = run_guarded(work, *connection);
    give_back(std::move(connection));
    return outcome;
  }

  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    came_back_.wait(lock, [this] { return idle_.size() == open_; });
    idle_.clear();
    open_ = 0;
  }

 private:
  Result<std::unique_ptr<SqliteConnection>> take() {
    std::unique_lock lock(mutex_);
    came_back_.wait(lock, [this] { return closed_ || !idle_.empty() || open_ < limit_; });
    if (closed_) return fail(Reason::shutting_down);
    if (idle_.empty()) {
      auto opened = TRY(SqliteConnection::open(path_, {.mode = SqliteConnection::Mode::read, .cache_kib = kReaderCacheKib}));
      ++open_;
      return opened;
    }
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void give_back(std::unique_ptr<SqliteConnection> connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
    // close() waits on the same condition as readers do.
    closed_ ? came_back_.notify_all() : came_back_.notify_one();
  }

  const std::string path_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable came_back_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t open_ = 0;
  bool closed_ = false;
};

class SqliteDb final : public Db {
 public:
  SqliteDb(std::unique_ptr<SqliteConnection> writing, const std::string& path, LogFolder folder)
      : writer_(std::move(writing), std::move(folder)), readers_(path) {}
  ~SqliteDb() override { shut(); }

  // A read takes about 10 us: the connection's own thread may do it.
  Status read(Lane, const Work& work) override { return readers_.read(work); }
  Status write(Lane lane, Pause* pause, const Work& job) override {
    if (lane == Lane::io && !pause) return fail(Reason::would_wait);
    if (pause) return writer_.write(job, *pause);
    ThreadPause own;
    return writer_.write(job, own);
  }
  std::size_t depth() const override { return writer_.depth(); }
  void close() override { shut(); }

 private:
  /// Readers first: the last connection to close, the writer's, folds the log into the database.
  void shut() {
    readers_.close();
    writer_.close();
  }

  SqliteWriter writer_;
  SqliteReaders readers_;
};

/// One connection, on the caller's thread.
class SqliteOneDb final : public Db {
 public:
  explicit SqliteOneDb(std::unique_ptr<SqliteConnection> connection) : connection_(std::move(connection)) {}

  Status read(Lane, const Work& work) override {
    if (!connection_) return fail(Reason::shutting_down);
    return run_guarded(work, *connection_);
  }
  Status write(Lane lane, Pause* pause, const Work& job) override {
    if (lane == Lane::io && !pause) return fail(Reason::would_wait);
    if (!connection_) return fail(Reason::shutting_down);
    Job only{&job, nullptr};
    Job* const jobs[] = {&only};
    run_jobs(*connection_, jobs);
    return std::move(only.outcome);
  }
  std::size_t depth() const override { return 0; }
  void close() override { connection_.reset(); }

 private:
  std::unique_ptr<SqliteConnection> connection_;
};

/// Made before SQLite makes it, and for the owner alone: it holds what passwords and secrets can be guessed against. The log beside it
/// takes the same owner and mode.
Status make_private(const std::string& path) {
  const Fd file = open_private(path);
  if (!file) return fail(Reason::store_unavailable, system_error(path));
  if (::fchmod(file.get(), 0600) != 0) return fail(Reason::store_unavailable, path + ": its mode can't be set to 0600");
  return {};
}

}  // namespace

Result<std::unique_ptr<Db>> open_sqlite(const std::string& path, const LogStamps& stamps, NoteStamps note_stamps) {
  TRY(make_private(path));
  auto writing = TRY(SqliteConnection::open(path, {.cache_kib = kWriterCacheKib}));
  LogFolder folder(stamps, std::move(note_stamps));
  TRY(folder.begin(*writing));
  return std::make_unique<SqliteDb>(std::move(writing), path, std::move(folder));
}

Result<DatabaseFile> examine_sqlite(const std::string& path) {
  // https://www.sqlite.org/fileformat2.html: the write version (2: with a write-ahead log) and the user version, big-endian.
  constexpr std::size_t kHeaderBytes = 100;
  constexpr std::size_t kWriteVersionAt = 18;
  constexpr std::size_t kUserVersionAt = 60;
  DatabaseFile file;
  std::array<char, kHeaderBytes> header{};
  const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto size = opened ? ::pread(opened.get(), header.data(), header.size(), 0) : -1;
  if (size < 0 && errno != ENOENT) return fail(Reason::store_unavailable, system_error(path));
  file.exists = size > 0;
  file.is_sqlite = std::string_view(header.data(), header.size()).starts_with("SQLite format 3");
  file.takes_log = !file.exists || header[kWriteVersionAt] == 2;
  for (std::size_t i = 0; i < 4; ++i) file.stamp = file.stamp << 8 | static_cast<unsigned char>(header[kUserVersionAt + i]);
  std::error_code missing;
  file.has_log = std::filesystem::file_size(path + "-wal", missing) > 0 && !missing;
  return file;
}

Status set_log_aside(const std::string& path) {
  std::error_code error;
  std::filesystem::rename(path + "-wal", path + "-wal.set-aside", error);
  if (error) return fail(Reason::store_unavailable, path + "-wal: " + error.message());
  std::filesystem::remove(path + "-shm", error);
  if (error) return fail(Reason::store_unavailable, path + "-shm: " + error.message());
  return sync_folder(path);
}

Result<std::unique_ptr<Db>> look_at_sqlite(const std::string& path, bool with_log) {
  const auto mode = with_log ? SqliteConnection::Mode::look : SqliteConnection::Mode::look_without_log;
  return std::make_unique<SqliteOneDb>(TRY(SqliteConnection::open(path, {.mode = mode})));
}

Result<std::unique_ptr<Db>> open_sqlite_in_memory() { return std::make_unique<SqliteOneDb>(TRY(SqliteConnection::open(kInMemory, {}))); }

}  // namespace tessera::store
