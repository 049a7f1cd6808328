#include "store/sqlite_connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace tessera::store {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t int64(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view bytes(int column) const override {
    // sqlite3_column_blob of a text column gives its UTF-8 bytes.
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string_view{};
  }

 private:
  sqlite3_stmt* statement_;
};

/// Leaves a kept statement ready for its next use, whatever happened to this one.
struct ResetAtExit {
  sqlite3_stmt* statement;
  ~ResetAtExit() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  // SQLITE_STATIC: the caller's data outlives the step.
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(), nullptr, SQLITE_UTF8);
  if (const auto* bytes = std::get_if<Bytes>(&value))
    return bytes->data.empty() ? sqlite3_bind_zeroblob(statement, index, 0)
                               : sqlite3_bind_blob64(statement, index, bytes->data.data(), bytes->data.size(), nullptr);
  return sqlite3_bind_null(statement, index);
}

/// Every parameter of the statement, so that a misspelt name is an error and not a NULL.
int bind_all(sqlite3_stmt* statement, Params params) {
  if (static_cast<int>(params.size()) != sqlite3_bind_parameter_count(statement)) return SQLITE_RANGE;
  std::string name(1, ':');
  for (const auto& param : params) {
    name.resize(1);
    name += param.name;
    const int index = sqlite3_bind_parameter_index(statement, name.c_str());
    if (index == 0) return SQLITE_RANGE;
    if (const int code = bind(statement, index, param.value); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Reason reason_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return Reason::record_conflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Reason::store_corrupt;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return Reason::store_unavailable;
    default:
      return Reason::internal;
  }
}

int note_wal_frames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

/// A look opens for writing too: a log that a crash left has to be indexed before it can be read.
int open_flags(SqliteConnection::Mode mode) {
  switch (mode) {
    case SqliteConnection::Mode::write:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case SqliteConnection::Mode::read:
      return SQLITE_OPEN_READONLY;
    case SqliteConnection::Mode::look:
      return SQLITE_OPEN_READWRITE;
    case SqliteConnection::Mode::look_without_log:
      break;
  }
  return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
}

/// https://www.sqlite.org/uri.html, 3.1.
std::string uri_path(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      escaped += fmt::format("%{:02X}", c);
    else
      escaped += c;
  }
  return escaped;
}

/// Nobody asks SQLite how much memory it holds, and counting takes a lock at each allocation. Only before the first connection.
void stop_counting_memory() { [[maybe_unused]] static const int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

}  // namespace

void SqliteConnection::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, const Options& options) {
  stop_counting_memory();
  sqlite3* db = nullptr;
  const std::string name = options.mode == Mode::look_without_log ? "file:" + uri_path(path) + "?immutable=1" : path;
  const int code = sqlite3_open_v2(name.c_str(), &db, SQLITE_OPEN_NOMUTEX | open_flags(options.mode), nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db));
  if (code != SQLITE_OK) return fail(reason_of(code), fmt::format("{}: {}", path, sqlite3_errstr(code)));
  sqlite3_extended_result_codes(db, 1);
  // Only restarts and the recovery of a log hold locks for longer than an instant.
  sqlite3_busy_timeout(db, 5'000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);

  // The file is not mapped: a mapping is dropped and faulted in again after each commit, which costs more than to read the pages, and a
  // page that can't be read would be a signal instead of an error.
  std::string pragmas = fmt::format("pragma cache_size = -{}; pragma mmap_size = 0; pragma temp_store = memory;", options.cache_kib);
  const bool writes = options.mode == Mode::write;
  if (writes) pragmas += "pragma synchronous = full; pragma wal_autocheckpoint = 0; pragma journal_size_limit = 67108864;";
  TRY(connection->run_script(pragmas));
  if (writes && path != kInMemory) TRY(connection->keep_log());
  // A fold that could not be noted (a full disk), or whose file is still being judged, must not happen on the way out.
  if (options.mode != Mode::read) sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(db, note_wal_frames, &connection->wal_frames_);
  return connection;
}

/// Without memory that processes share (some network disks) SQLite says that it goes on without a log, and does.
Status SqliteConnection::keep_log() {
  std::string mode;
  TRY(execute("pragma journal_mode = wal", {}, [&](const Row& row) { mode = row.text(0); }));
  if (mode == "wal") return {};
  return fail(Reason::store_unavailable,
              "the disk of data_dir lets SQLite keep no write-ahead log (journal mode " + mode + "): use a local disk, or PostgreSQL");
}

Result<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end()) return kept->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return engine_error(code);
  statements_.emplace(std::string(sql), statement);
  return statement;
}

Result<int> SqliteConnection::run(std::string_view sql, Params params, const RowSink& sink) {
  TRY(require_clean_text(params));
  auto* const statement = TRY(prepare(sql));
  const ResetAtExit reset{statement};
  if (const int code = bind_all(statement, params); code != SQLITE_OK) return engine_error(code);
  const SqliteRow row(statement);
  int rows = 0;
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    ++rows;
    if (sink) sink(row);
  }
  if (code != SQLITE_DONE) return engine_error(code);
  return sqlite3_column_count(statement) > 0 || sqlite3_stmt_readonly(statement) ? rows : sqlite3_changes(db_.get());
}

Result<bool> SqliteConnection::has_table(std::string_view name) {
  return TRY(run("select 1 from sqlite_master where type = 'table' and name = :name", {{"name", name}})) > 0;
}

Status SqliteConnection::run_script(std::string_view ddl) {
  const auto script = expand_script(ddl, {{"{int64}", "integer"}, {"{bytes}", "blob"}, {"{strict}", "strict"}, {"{take long}", ""}});
  ++scripts_;
  const int code = sqlite3_exec(db_.get(), script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return engine_error(code);
  return {};
}

Status SqliteConnection::commit() {
  auto* const statement = TRY(prepare("commit"));
  const ResetAtExit reset{statement};
  const int code = sqlite3_step(statement);
  if (code == SQLITE_DONE) return {};
  auto error = engine_error(code);
  // The commit frame is written last: a write that failed (a full disk) left none behind. After a failed sync it may be there or not, and
  // only a restart would tell.
  const bool nothing_written = (code & 0xFF) == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
  error.error().reason = nothing_written ? Reason::store_unavailable : Reason::commit_unknown;
  return error;
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

std::int64_t SqliteConnection::total_changes() const { return sqlite3_total_changes64(db_.get()) + scripts_; }

void SqliteConnection::remove_log_at_close() { sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr); }

bool SqliteConnection::checkpoint() {
  int frames = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
  if (code != SQLITE_OK) return false;
  wal_frames_ = frames - copied;
  return wal_frames_ == 0;
}

std::unexpected<Error> SqliteConnection::engine_error(int code) const {
  const bool is_full = (code & 0xFF) == SQLITE_FULL || ((code & 0xFF) == SQLITE_IOERR && sqlite3_system_errno(db_.get()) == ENOSPC);
  const int kind = code & 0xFF;
  const bool is_closed = kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN || kind == SQLITE_PERM;
  const std::string_view todo = is_full     ? "; free space on the disk of data_dir, then try again"
                                : is_closed ? "; data_dir, tessera.db and what stands beside it must be writable for this user"
                                            : "";
  return fail(reason_of(code), fmt::format("sqlite {}: {}{}", code, sqlite3_errmsg(db_.get()), todo));
}

}  // namespace tessera::store
