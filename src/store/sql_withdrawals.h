// What operators took back stays taken back when an older database is restored.
#pragma once

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

/// Errors: store_corrupt when the line of that number is not what the database withdrew; the store's.
Status require_own(const WithdrawalFile& file, Db& db, std::int64_t last_of_both);

/// Copies what is appended from the database to `<data>/withdrawals` before anyone is told that it is durable. Safe from any thread.
class WithdrawalGuard {
 public:
  /// `epoch` keeps how many there are. Without files (a database in memory) it copies nothing.
  explicit WithdrawalGuard(WithdrawalFile* file = nullptr, EpochFile* epoch = nullptr) : file_(file), epoch_(epoch) {}

  /// Copies what a crash kept from the file, or whoever lost it. With a time, what the database lacks of the file is withdrawn again, with
  /// an audit record each. Errors: the store's.
  Status start(Db& db, std::optional<TimePoint> restored_at);
  /// After a commit that appended some. Errors: commit_unknown; store_corrupt when the database numbers anew what the file has already: it
  /// went back.
  Status copy(Db& db);
  /// What start() withdrew again.
  const std::vector<WithdrawnAgain>& repeated() const { return repeated_; }

 private:
  Status repeat(Db& db, std::int64_t number, TimePoint now);

  std::mutex mutex_;
  WithdrawalFile* const file_;
  EpochFile* const epoch_;
  std::vector<WithdrawnAgain> repeated_;
};

}  // namespace tessera::store
