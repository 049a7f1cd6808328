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

/// Copies what is appended from the database to `<data>/withdrawals` before anyone is told that it is durable. Safe from any thread.
class WithdrawalGuard {
 public:
  /// `epoch` keeps how many there are. Without files (a database in memory) it copies nothing.
  explicit WithdrawalGuard(WithdrawalFile* file = nullptr, EpochFile* epoch = nullptr) : file_(file), epoch_(epoch) {}

  /// Copies what a crash kept from the file, or whoever lost it. A database that lacks what the file has is a restored one: `restored_at`
  /// withdraws it again, with an audit record each. Errors: store_corrupt when it is one and no time is given, when neither the
  /// database nor the file has what there was, or nothing tells what there was, unless `without_lost`, and when the file is another
  /// database's; the store's.
  Status start(Db& db, std::optional<TimePoint> restored_at, bool without_lost);
  /// After a commit that appended some. Errors: commit_unknown.
  Status copy(Db& db);
  /// What start() withdrew again.
  const std::vector<WithdrawnAgain>& repeated() const { return repeated_; }

 private:
  Status require_own(Db& db, std::int64_t last_of_both);
  Status repeat(Db& db, std::int64_t number, TimePoint now);

  std::mutex mutex_;
  WithdrawalFile* const file_;
  EpochFile* const epoch_;
  std::vector<WithdrawnAgain> repeated_;
};

}  // namespace tessera::store
