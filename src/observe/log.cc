#include "observe/log.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "observe/json_text.h"

namespace tessera::observe {
namespace {

constexpr std::size_t kQueueMax = 8'192;
constexpr std::size_t kFieldBytesMax = 4'096;
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

std::string json_line(TimePoint at, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = R"({"at":")";
  append_timestamp(line, at);
  line += R"(","level":")";
  line += kLevelNames[static_cast<std::size_t>(level)];
  line += R"(","event":)";
  append_json_string(line, event, kFieldBytesMax);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_json_string(line, name);
    line += ':';
    append_json_string(line, value, kFieldBytesMax);
  }
  line += "}\n";
  return line;
}

std::string text_line(TimePoint at, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  append_timestamp(line, at);
  line += ' ';
  line += kLevelNames[static_cast<std::size_t>(level)];
  line += ' ';
  line += event;
  for (const auto& [name, value] : fields) {
    line += ' ';
    line += name;
    line += '=';
    append_json_string(line, value, kFieldBytesMax);  // quoted: a value can't look like a line of its own
  }
  line += '\n';
  return line;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nowhere left to complain
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

struct Log::State {
  explicit State(LogFormat log_format) : format(log_format), writer([this] { run(); }) {}

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_one();
    writer.join();
  }

  std::string line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    const TimePoint at = base::SystemClock{}.now();
    return format.load(std::memory_order_relaxed) == LogFormat::json ? json_line(at, level, event, fields)
                                                                     : text_line(at, level, event, fields);
  }

  void push(std::string text) {
    {
      const std::lock_guard lock(mutex);
      if (queue.size() == kQueueMax) {
        queue.pop_front();
        ++dropped;
      }
      queue.push_back(std::move(text));
    }
    wake.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::deque<std::string> batch;
      batch.swap(queue);
      const std::uint64_t lost = std::exchange(dropped, 0);
      lock.unlock();
      if (lost > 0) write_all(line(LogLevel::warning, "log_lines_dropped", {{"count", std::to_string(lost)}}));
      for (const std::string& text : batch) write_all(redact(text));
      lock.lock();
    }
  }

  std::atomic<LogFormat> format;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> queue;
  std::uint64_t dropped = 0;
  bool stopping = false;
  std::thread writer;  // last: it uses all of the above
};

Log::Log(LogLevel level, LogFormat format) : level_(level), state_(std::make_unique<State>(format)) {}
Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
  if (enabled(level)) state_->push(state_->line(level, event, fields));
}

void Log::set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

void Log::set_format(LogFormat format) { state_->format.store(format, std::memory_order_relaxed); }

}  // namespace tessera::observe
