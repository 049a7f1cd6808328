#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/db.h"

struct pg_conn;
struct pg_result;

namespace tessera::store {

/// A statement as PostgreSQL takes it: $1 to $n, and which name stands at each.
struct NumberedStatement {
  std::string sql;
  std::vector<std::string> names;
};
/// Turns `:name` into `$n`; leaves '...' and `::type` alone.
NumberedStatement number_parameters(std::string_view sql);

/// One connection with its prepared statements. One thread at a time.
class PostgresConnection final : public Connection {
 public:
  /// Errors: store_unavailable.
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& url);

  Result<int> run(std::string_view sql, Params params, const RowSink& sink = {}) override;
  Result<bool> has_table(std::string_view name) override;
  Status run_script(std::string_view ddl) override;

  Status begin();
  /// Errors: commit_unknown when the connection broke meanwhile; otherwise nothing was committed.
  Status commit();
  void rollback();
  /// The server or the way to it is gone; the connection is of no more use.
  bool broken() const;
  /// The last statement lost against another transaction (deadlock, serialization): worth running the whole job again.
  bool lost_race() const { return lost_race_; }

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using ResultPtr = std::unique_ptr<pg_result, Clear>;
  struct Prepared {
    std::string name;
    std::vector<std::string> parameters;
  };

  explicit PostgresConnection(pg_conn* connection) : connection_(connection) {}
  Result<const Prepared*> prepare(std::string_view sql, Params params);
  Status check(const pg_result* result);

  std::unique_ptr<pg_conn, Close> connection_;
  std::unordered_map<std::string, Prepared> statements_;
  bool lost_race_ = false;
};

}  // namespace tessera::store
