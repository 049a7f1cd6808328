#include "observe/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "observe/json_text.h"
#include "observe/log.h"

namespace tessera::observe {
namespace {

constexpr std::size_t kEventsMax = 65'536;
constexpr std::size_t kBytesMax = 64 << 20;  // the same bound for events of unusual size
constexpr std::size_t kFieldBytesMax = 1'024;
constexpr std::chrono::milliseconds kWriteEvery{100};
constexpr int kWritesPerSync = 10;

struct Field {
  std::string_view label;
  std::string_view value;
  bool from_outside = false;
};

/// Who confuses two fields sends a credential where a name belongs (case 97). What we made ourselves stays whole: a jti may look like
/// the beginning of a token.
void append_value(std::string& out, const Field& field) {
  if (field.from_outside && may_hold_credential(field.value))
    append_json_string(out, redact(field.value), kFieldBytesMax);
  else
    append_json_string(out, field.value, kFieldBytesMax);
}

void append_event(std::string& out, const TokenEvent& event) {
  const std::array<Field, 11> fields = {{
      {R"(","request_id":)", event.request_id},
      {R"(,"realm":)", event.realm, true},
      {R"(,"dialect":)", event.dialect},
      {R"(,"endpoint":)", event.endpoint},
      {R"(,"grant_type":)", event.grant_type, true},
      {R"(,"client_id":)", event.client_id, true},
      {R"(,"sub":)", event.subject, true},
      {R"(,"jti":)", event.jti},
      {R"(,"scope":)", event.scope, true},
      {R"(,"address":)", event.address, true},
      {R"(,"reason":)", event.reason},
  }};
  out += R"({"at":")";
  append_timestamp(out, event.at);
  for (const Field& field : fields) {
    out += field.label;
    append_value(out, field);
  }
  out += "}\n";
}

std::unexpected<Error> cant_open(const std::string& path) {
  return fail(Reason::config_invalid, "can't open the audit file " + path + ": " + std::strerror(errno));
}

class AuditFile final : public AuditLog {
 public:
  AuditFile(std::string path, int fd) : path_(std::move(path)), fd_(fd), writer_([this] { run(); }) {}

  ~AuditFile() override {
    {
      const std::lock_guard lock(queue_mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
    flush(/*sync=*/true);
    ::close(fd_);
  }

  void record(const TokenEvent& event) override {
    thread_local std::string line;  // formatted outside the lock; keeps its capacity
    line.clear();
    append_event(line, event);
    const std::lock_guard lock(queue_mutex_);
    if (pending_events_ == kEventsMax || pending_.size() + line.size() > kBytesMax) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    pending_ += line;
    ++pending_events_;
  }

  std::uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }

  Status reopen() override {
    flush(/*sync=*/true);
    const int fd = open_for_append(path_);
    if (fd < 0) return cant_open(path_);
    const std::lock_guard lock(file_mutex_);
    ::close(std::exchange(fd_, fd));
    line_is_broken_ = false;
    return {};
  }

  static int open_for_append(const std::string& path) { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); }

 private:
  void run() {
    int writes = 0;
    std::unique_lock lock(queue_mutex_);
    while (!wake_.wait_for(lock, kWriteEvery, [this] { return stopping_; })) {
      lock.unlock();
      flush(/*sync=*/++writes % kWritesPerSync == 0);
      lock.lock();
    }
  }

  void flush(bool sync) {
    const std::lock_guard file_lock(file_mutex_);
    batch_.clear();
    std::size_t events = 0;
    {
      const std::lock_guard lock(queue_mutex_);
      batch_.swap(pending_);
      events = std::exchange(pending_events_, 0);
    }
    if (!batch_.empty()) {
      if (!write_all(batch_)) dropped_.fetch_add(events, std::memory_order_relaxed);
      unsynced_ = true;
    }
    if (sync && std::exchange(unsynced_, false)) ::fdatasync(fd_);
  }

  bool write_all(std::string_view text) {
    if (line_is_broken_ && ::write(fd_, "\n", 1) == 1) line_is_broken_ = false;
    while (!text.empty()) {
      const ssize_t written = ::write(fd_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
      line_is_broken_ = !text.empty();
    }
    return true;
  }

  const std::string path_;
  std::atomic<std::uint64_t> dropped_ = 0;

  std::mutex file_mutex_;  // taken before queue_mutex_
  int fd_;
  std::string batch_;
  bool unsynced_ = false;
  bool line_is_broken_ = false;  ///< a disk that ran full cut the last line

  std::mutex queue_mutex_;
  std::condition_variable wake_;
  std::string pending_;
  std::size_t pending_events_ = 0;
  bool stopping_ = false;
  std::thread writer_;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const std::string& path) {
  const int fd = AuditFile::open_for_append(path);
  if (fd < 0) return cant_open(path);
  return std::make_unique<AuditFile>(path, fd);
}

}  // namespace tessera::observe
