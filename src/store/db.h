// What the store asks of a database engine: statements by text, parameters by name, rows by column. Knows no SQL.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/handle.h"
#include "base/result.h"

namespace tessera::store {

struct Null {};
struct Bytes {
  std::string_view data;
};
using Value = std::variant<Null, std::int64_t, std::string_view, Bytes>;

/// One `:name` of a statement. Refers to the caller's data, so it lives for one call.
struct Param {
  std::string_view name;  ///< without the colon
  Value value;

  Param(std::string_view name_, std::integral auto number) : name(name_), value(static_cast<std::int64_t>(number)) {}
  Param(std::string_view name_, std::string_view text) : name(name_), value(text) {}
  Param(std::string_view name_, const std::string& text) : name(name_), value(std::string_view(text)) {}
  Param(std::string_view name_, Bytes bytes) : name(name_), value(bytes) {}
  Param(std::string_view name_, TimePoint at) : name(name_), value(base::to_us(at)) {}
  /// An empty handle is bound as NULL.
  Param(std::string_view name_, const Handle& handle) : name(name_) {
    if (handle) value = Bytes{{reinterpret_cast<const char*>(handle.bytes.data()), handle.bytes.size()}};
  }
};
using Params = std::initializer_list<Param>;

/// One row of a result; views are valid until the sink returns. NULL reads as 0, "" or the empty handle.
class Row {
 public:
  virtual ~Row() = default;
  virtual std::int64_t int64(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;

  std::string text(int column) const { return std::string(bytes(column)); }
  bool flag(int column) const { return int64(column) != 0; }
  TimePoint time(int column) const { return base::from_us(int64(column)); }
  Handle handle(int column) const {
    Handle handle;
    const auto raw = bytes(column);
    if (raw.size() == handle.bytes.size()) std::memcpy(handle.bytes.data(), raw.data(), raw.size());
    return handle;
  }
};
using RowSink = std::function<void(const Row&)>;

/// A connection lent for one read or one job.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Runs one statement, prepared on first use and kept. Returns how many rows came back, or were changed where none come back.
  /// Text that is no UTF-8, or holds a NUL, is refused (parameter_invalid). Errors: record_conflict for a broken constraint,
  /// store_unavailable, store_corrupt, internal.
  virtual Result<int> run(std::string_view sql, Params params, const RowSink& sink = {}) = 0;
  /// run(), for those to whom the count says nothing.
  Status execute(std::string_view sql, Params params, const RowSink& sink = {}) {
    if (auto rows = run(sql, params, sink); !rows) return std::unexpected(std::move(rows).error());
    return {};
  }
  /// Whether there is a table of that name. Errors: store_unavailable, store_corrupt.
  virtual Result<bool> has_table(std::string_view name) = 0;
  /// Several statements of DDL, in which {int64}, {bytes} and {strict} stand for the engine's words, and {take long} for what lets
  /// this transaction's statements take as long as they need.
  virtual Status run_script(std::string_view ddl) = 0;
};
using Work = std::function<Status(Connection&)>;

/// A defect in a job is that job's error (internal), not the end of the thread that runs it.
Status run_guarded(const Work& work, Connection& connection);

/// A database. Safe to call from any thread.
class Db {
 public:
  virtual ~Db() = default;
  /// Runs `work` on a reading connection; each statement sees the latest commit. Errors: would_wait where the engine is remote and the
  /// lane must not wait; the work's.
  virtual Status read(Lane lane, const Work& work) = 0;
  /// Runs `job` in a transaction and commits it durably, unless the job fails. A job may run more than once (after a deadlock), so it
  /// sets what it returns afresh. Errors: would_wait, store_unavailable (nothing happened), commit_unknown, the job's.
  Status write(Lane lane, const Work& job) { return write(lane, nullptr, job); }
  /// The same, and on Lane::io it waits with `pause` where the engine can and one is given.
  virtual Status write(Lane lane, Pause* pause, const Work& job) = 0;
  /// Writes that wait or are under way: what the store's metric shows.
  virtual std::size_t depth() const = 0;
  /// Finishes what was accepted; afterwards everything answers shutting_down.
  virtual void close() = 0;
};

/// True for well-formed UTF-8 without NUL: the only text that both engines keep as it is.
bool is_clean_text(std::string_view text);
/// Errors: parameter_invalid when a text parameter is not clean.
Status require_clean_text(Params params);
/// Replaces the words of a script, e.g. {{"{int64}", "bigint"}}.
std::string expand_script(std::string_view ddl, std::initializer_list<std::pair<std::string_view, std::string_view>> words);

}  // namespace tessera::store
