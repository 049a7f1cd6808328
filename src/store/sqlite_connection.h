#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/db.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tessera::store {

/// The path of a database that lives as long as its connection.
inline constexpr const char* kInMemory = ":memory:";

/// One SQLite connection with its prepared statements. One thread at a time.
class SqliteConnection final : public Connection {
 public:
  enum class Mode : std::uint8_t {
    write,
    read,
    look,             ///< changes nothing, and leaves the log where it is
    look_without_log  ///< the same at the file alone
  };
  struct Options {
    Mode mode = Mode::write;
    int cache_kib = 2'000;
  };

  /// Opens (a writer: creates) the file, or one kInMemory.
  /// Errors: store_unavailable, store_corrupt.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, const Options& options);

  Result<int> run(std::string_view sql, Params params, const RowSink& sink = {}) override;
  Result<bool> has_table(std::string_view name) override;
  Status run_script(std::string_view ddl) override;

  /// Errors: store_unavailable when nothing was committed, commit_unknown.
  Status commit();
  /// False once the engine rolled the transaction back by itself (a full disk).
  bool in_transaction() const;
  /// Moves whenever something was changed, rows or tables.
  std::int64_t total_changes() const;
  /// Frames in the write-ahead log after the last commit.
  int wal_frames() const { return wal_frames_; }
  /// Copies the log into the database as far as no reader needs it. True when all of it is there, so that the next commit begins a new
  /// log. May fail: it is tried again later.
  bool checkpoint();
  /// For a log that is folded in whole. Else a writer leaves it where it is.
  void remove_log_at_close();

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  Status keep_log();
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  std::unexpected<Error> engine_error(int code) const;

  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, TextHash, std::equal_to<>> statements_;
  std::int64_t scripts_ = 0;
  int wal_frames_ = 0;
};

}  // namespace tessera::store
