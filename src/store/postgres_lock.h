#pragma once

#include <memory>
#include <string>

#include "store/postgres_connection.h"

namespace tessera::store {

/// A database that is used alone, for as long as the object lives: an advisory lock on a connection of its own. One thread at a time.
/// It keeps out only those who take it as well, so it is in the way of no other node that shall share the database one day.
class PostgresLock {
 public:
  /// Waits a moment for the lock of a server that was just killed. Errors: store_unavailable when another holds it, or nobody answers.
  static Result<std::unique_ptr<PostgresLock>> take(const std::string& url);
  /// The lock is gone with its connection: then connects and takes it again. No answer at all is no error: it is tried again when this is
  /// called again. Errors: store_unavailable when another has taken it.
  Status keep();

 private:
  explicit PostgresLock(std::string url) : url_(std::move(url)) {}
  /// Errors: record_conflict when another holds the lock; store_unavailable.
  Status connect();

  const std::string url_;
  std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace tessera::store
