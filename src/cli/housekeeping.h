// What a server does from time to time: it forgets what nobody needs any more and rotates keys, in pieces that no request waits for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "clients/secrets.h"
#include "observe/log.h"
#include "revocation/pruning_time.h"
#include "revocation/revocations.h"
#include "sessions/cost_survey.h"
#include "store/sql_store.h"

namespace tessera::cli {

/// One thread at a time. What fails is logged, and tried again later.
class Housekeeping {
 public:
  /// Takes at most `limit` of the steps that realms' key schedules ask for, and says how many.
  using RotateKeys = std::function<Result<int>(TimePoint now, int limit)>;

  /// `audit_keep_days` 0: for ever.
  Housekeeping(store::Store& store, revocation::Revocations& revocations, clients::SecretUse& secret_use, sessions::CostSurvey& cost_survey,
               RotateKeys rotate_keys, int audit_keep_days, const observe::Log& log)
      : store_(store),
        revocations_(revocations),
        secret_use_(secret_use),
        cost_survey_(cost_survey),
        rotate_keys_(std::move(rotate_keys)),
        audit_keep_days_(audit_keep_days),
        log_(log) {}

  /// What the first request relies on. Call it before serving.
  void start();
  /// Call it once a second.
  void tick(TimePoint now);
  void set_audit_keep_days(int days) { audit_keep_days_ = days; }
  /// Writes down what is still to be: the server stops.
  void finish();

 private:
  void write_secret_use(int pieces_max);
  void fold_tokens(TimePoint now);
  void prune_journal(TimePoint now);
  void drop_unused_policies();
  void sweep(TimePoint before);
  void prune_audit(TimePoint before);
  void rotate_keys(TimePoint now);
  void survey_costs(int pages_max);

  store::Store& store_;
  revocation::Revocations& revocations_;
  clients::SecretUse& secret_use_;
  sessions::CostSurvey& cost_survey_;
  RotateKeys rotate_keys_;
  int audit_keep_days_;
  const observe::Log& log_;
  std::int64_t ticks_ = 0;
  revocation::PruningTime pruning_time_;
  std::optional<std::int64_t> trusted_s_;  ///< by the last minute's clock; nothing when that can't be trusted
  bool more_to_sweep_ = false;             ///< the last piece was full
  bool more_audit_ = false;
  bool more_rotations_ = false;
  bool more_secret_use_ = false;
};

}  // namespace tessera::cli
