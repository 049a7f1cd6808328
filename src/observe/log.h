// Structured logs: one JSON object (or, for people, one line) an event. Values are escaped; secrets are a type that can't be passed.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::observe {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { json, text };

using LogField = std::pair<std::string_view, std::string>;

/// Writes to standard error. Safe from any thread; asynchronous and bounded (a full queue drops the oldest and says so).
/// Last line of defence: anything shaped like a JWT, one of our secrets or refresh tokens, or a `token=` parameter is cut to its first 6
/// characters, and a `password=`, `secret=` or Basic credential is left out.
class Log {
 public:
  Log(LogLevel level, LogFormat format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) const { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) const { write(LogLevel::info, event, fields); }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) const { write(LogLevel::warning, event, fields); }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) const { write(LogLevel::error, event, fields); }
  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level);
  void set_format(LogFormat format);

 private:
  struct State;
  std::atomic<LogLevel> level_;
  std::unique_ptr<State> state_;
};

/// `text` with everything that looks like a credential cut short.
std::string redact(std::string_view text);
/// Whether redact() could find anything to cut: one look at each character, for those who redact on the hot path.
bool may_hold_credential(std::string_view text);

}  // namespace tessera::observe
