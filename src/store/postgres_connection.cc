#include "store/postgres_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <sstream>

namespace tessera::store {
namespace {

// Type oids of pg_type.dat; they never change.
constexpr Oid kByteaOid = 17;
constexpr Oid kInt8Oid = 20;
constexpr Oid kTextOid = 25;

class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  /// Binary integers, most significant byte first; a literal in a statement may be shorter than a bigint.
  std::int64_t int64(int column) const override {
    const auto raw = bytes(column);
    if (raw.empty()) return 0;
    std::int64_t number = (static_cast<unsigned char>(raw.front()) & 0x80U) ? -1 : 0;
    for (const char byte : raw)
      number = static_cast<std::int64_t>((static_cast<std::uint64_t>(number) << 8U) | static_cast<unsigned char>(byte));
    return number;
  }
  std::string_view bytes(int column) const override {
    if (PQgetisnull(result_, row_, column)) return {};
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_;
};

Oid type_of(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return kInt8Oid;
  if (std::holds_alternative<std::string_view>(value)) return kTextOid;
  return kByteaOid;  // NULL stands for an empty handle
}

const Param* find_param(Params params, std::string_view name) {
  const auto found = std::find_if(params.begin(), params.end(), [&](const Param& param) { return param.name == name; });
  return found == params.end() ? nullptr : &*found;
}

/// Parameters in binary form, as PQexecPrepared wants them: parallel arrays.
class BinaryParams {
 public:
  explicit BinaryParams(std::size_t count) : numbers_(count), values_(count), lengths_(count), formats_(count, 1) {}

  void set(std::size_t at, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      for (std::size_t i = 0; i < 8; ++i) numbers_[at][i] = static_cast<char>(static_cast<std::uint64_t>(*number) >> (56 - 8 * i));
      refer(at, {numbers_[at].data(), numbers_[at].size()});
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      refer(at, *text);
    } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
      refer(at, bytes->data);
    }
  }
  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void refer(std::size_t at, std::string_view data) {
    values_[at] = data.empty() ? "" : data.data();
    lengths_[at] = static_cast<int>(data.size());
  }

  std::vector<std::array<char, 8>> numbers_;
  std::vector<const char*> values_;  ///< null: NULL
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// By SQLSTATE class (PostgreSQL, appendix A).
Reason reason_of(std::string_view state) {
  if (state.starts_with("23")) return Reason::record_conflict;
  if (state.starts_with("XX001") || state.starts_with("XX002")) return Reason::store_corrupt;
  for (const std::string_view unavailable : {"08", "25006", "40", "53", "55", "57", "58"})
    if (state.starts_with(unavailable)) return Reason::store_unavailable;
  return Reason::internal;
}

/// libpq tells in several lines of a server that it can't reach, and not what to do.
std::string why_no_connection(std::string_view told) {
  std::string line;
  std::istringstream words{std::string(told)};
  for (std::string word; words >> word;) line += word + ' ';
  return line + "- check store_url, and that PostgreSQL runs and lets this user in";
}

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

NumberedStatement number_parameters(std::string_view sql) {
  NumberedStatement numbered;
  bool quoted = false;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    if (sql[at] == '\'') quoted = !quoted;
    const bool cast = sql.substr(at, 2) == "::";
    const bool parameter = !quoted && !cast && sql[at] == ':' && at + 1 < sql.size() && is_name_character(sql[at + 1]);
    if (!parameter) {
      numbered.sql += sql[at];
      if (cast) numbered.sql += sql[++at];
      continue;
    }
    auto end = at + 1;
    while (end < sql.size() && is_name_character(sql[end])) ++end;
    const auto name = sql.substr(at + 1, end - at - 1);
    auto known = std::find(numbered.names.begin(), numbered.names.end(), name);
    if (known == numbered.names.end()) known = numbered.names.emplace(known, name);
    numbered.sql += fmt::format("${}", known - numbered.names.begin() + 1);
    at = end - 1;
  }
  return numbered;
}

void PostgresConnection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }
void PostgresConnection::Clear::operator()(pg_result* result) const { PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& url) {
  // What stands before dbname is a default that the URL may override; a dead peer is noticed within seconds.
  constexpr const char* kNames[] = {
      "connect_timeout", "tcp_user_timeout", "keepalives_idle", "application_name", "dbname", "client_encoding", nullptr};
  const char* const values[] = {"5", "10000", "10", "tessera", url.c_str(), "UTF8", nullptr};
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(PQconnectdbParams(kNames, values, 1)));
  auto* const raw = connection->connection_.get();
  if (raw == nullptr || PQstatus(raw) != CONNECTION_OK)
    return fail(Reason::store_unavailable, "postgresql: " + why_no_connection(raw ? PQerrorMessage(raw) : "out of memory"));
  PQsetNoticeReceiver(raw, [](void*, const PGresult*) {}, nullptr);
  // Terse: details of a broken constraint would show the row's values.
  PQsetErrorVerbosity(raw, PQERRORS_TERSE);
  TRY(
      connection->run_script("set statement_timeout = 5000; set lock_timeout = 4000; set idle_in_transaction_session_timeout = 10000; "
                             "set default_transaction_isolation = 'read committed'; set synchronous_commit = on"));
  return connection;
}

Result<const PostgresConnection::Prepared*> PostgresConnection::prepare(std::string_view sql, Params params) {
  std::string text(sql);
  if (const auto kept = statements_.find(text); kept != statements_.end()) return &kept->second;
  auto numbered = number_parameters(sql);
  std::vector<Oid> types;
  for (const auto& name : numbered.names) {
    const auto* param = find_param(params, name);
    if (!param) return fail(Reason::internal, "a statement's parameter is not given: " + name);
    types.push_back(type_of(param->value));
  }
  auto name = fmt::format("s{}", statements_.size());
  const ResultPtr result(PQprepare(connection_.get(), name.c_str(), numbered.sql.c_str(), static_cast<int>(types.size()), types.data()));
  TRY(check(result.get()));
  return &statements_.emplace(std::move(text), Prepared{std::move(name), std::move(numbered.names)}).first->second;
}

Result<int> PostgresConnection::run(std::string_view sql, Params params, const RowSink& sink) {
  TRY(require_clean_text(params));
  const auto* const statement = TRY(prepare(sql, params));
  BinaryParams binary(statement->parameters.size());
  for (std::size_t at = 0; at < statement->parameters.size(); ++at) {
    const auto* param = find_param(params, statement->parameters[at]);
    if (!param) return fail(Reason::internal, "a statement's parameter is not given: " + statement->parameters[at]);
    binary.set(at, param->value);
  }
  const ResultPtr result(
      PQexecPrepared(connection_.get(), statement->name.c_str(), binary.count(), binary.values(), binary.lengths(), binary.formats(), 1));
  TRY(check(result.get()));
  if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
    const int rows = PQntuples(result.get());
    for (int row = 0; sink && row < rows; ++row) sink(PostgresRow(result.get(), row));
    return rows;
  }
  const std::string_view changed = PQcmdTuples(result.get());
  int count = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), count);
  return count;
}

Result<bool> PostgresConnection::has_table(std::string_view name) {
  return TRY(run("select 1 from pg_catalog.pg_tables where tablename = :name and schemaname = any (current_schemas(false))",
                 {{"name", name}})) > 0;
}

Status PostgresConnection::run_script(std::string_view ddl) {
  const auto script = expand_script(
      ddl, {{"{int64}", "bigint"}, {"{bytes}", "bytea"}, {"{strict}", ""}, {"{take long}", "set local statement_timeout = 0;"}});
  const ResultPtr result(PQexec(connection_.get(), script.c_str()));
  return check(result.get());
}

Status PostgresConnection::begin() {
  lost_race_ = false;
  return run_script("begin");
}

Status PostgresConnection::commit() {
  const ResultPtr result(PQexec(connection_.get(), "commit"));
  if (broken()) return fail(Reason::commit_unknown, "postgresql: the connection was lost during a commit");
  TRY(check(result.get()));
  // The server answers a commit of a failed transaction with success and the word ROLLBACK.
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") return fail(Reason::store_unavailable, "postgresql: rolled back");
  return {};
}

void PostgresConnection::rollback() { static_cast<void>(run_script("rollback")); }

bool PostgresConnection::broken() const { return PQstatus(connection_.get()) != CONNECTION_OK; }

Status PostgresConnection::check(const pg_result* result) {
  const auto status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view code = state ? state : "";
  lost_race_ = code == "40001" || code == "40P01";
  const Reason reason = code.empty() || broken() ? Reason::store_unavailable : reason_of(code);
  return fail(reason, fmt::format("postgresql {}: {}", code, result ? PQresultErrorMessage(result) : PQerrorMessage(connection_.get())));
}

}  // namespace tessera::store
