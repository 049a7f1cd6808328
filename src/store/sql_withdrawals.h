// What operators took back stays taken back when an older database is restored.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/db.h"
#include "store/withdrawal_file.h"

namespace tessera::store {

/// Numbers them inside the caller's transaction.
Status append_withdrawals(Connection& connection, const std::vector<std::pair<Withdrawal::Kind, Handle>>& withdrawals);

/// Copies what is appended from the database to `<data>/withdrawals` before anyone is told that it is durable. Safe from any thread.
class WithdrawalGuard {
 public:
  /// Without a file (a database in memory) it copies nothing.
  explicit WithdrawalGuard(std::unique_ptr<WithdrawalFile> file) : file_(std::move(file)) {}

  /// Copies what a crash kept from the file. A database that lacks what the file has is a restored one: `restored_at` withdraws it again,
  /// with an audit record each. Errors: store_corrupt when it is one and no time is given; the store's.
  Status start(Db& db, std::optional<TimePoint> restored_at);
  /// After a commit that appended some. Errors: commit_unknown.
  Status copy(Db& db);
  /// What start() withdrew again.
  const std::vector<WithdrawnAgain>& repeated() const { return repeated_; }

 private:
  Status repeat(Db& db, std::int64_t number, TimePoint now);

  std::mutex mutex_;
  std::unique_ptr<WithdrawalFile> file_;
  std::vector<WithdrawnAgain> repeated_;
};

}  // namespace tessera::store
