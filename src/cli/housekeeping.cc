#include "cli/housekeeping.h"

#include <limits>

namespace tessera::cli {
namespace {

constexpr int kTicksPerMinute = 60;
constexpr int kTicksPerHour = 3'600;
constexpr int kPieceRows = 1'000;
/// In one tick: with more, signals would have to wait.
constexpr int kPiecesPerTick = 10;
/// An RSA key takes up to a second to be found.
constexpr int kRotationsPerTick = 1;
/// Before serving: those of 2,000 users, some 20 ms.
constexpr int kPagesAtStart = 20;
/// Ended families are kept for a day, so that a token of theirs is told apart from garbage.
constexpr std::chrono::hours kKeepEnded{24};

}  // namespace

void Housekeeping::start() { survey_costs(kPagesAtStart); }

void Housekeeping::tick(TimePoint now) {
  fold_tokens(now);
  const bool minute = ++ticks_ % kTicksPerMinute == 0;
  if (ticks_ % kTicksPerHour == 0) cost_survey_.set_due();
  survey_costs(kPiecesPerTick);
  if (minute || more_secret_use_) write_secret_use(kPiecesPerTick);
  if (minute) {
    if (const Status passed = store_.pass_landmark(); !passed) log_.warning("landmark_failed", {{"why", passed.error().context}});
    prune_journal(now);
    drop_unused_policies();
    trusted_s_ = pruning_time_.advance(base::to_s(now));
  }
  if (!trusted_s_) return;
  const TimePoint trusted = base::from_s(*trusted_s_);
  if (minute || more_to_sweep_) sweep(trusted - kKeepEnded);
  if (minute || more_rotations_) rotate_keys(trusted);
  if (audit_keep_days_ > 0 && (minute || more_audit_)) prune_audit(trusted - std::chrono::days(audit_keep_days_));
}

void Housekeeping::finish() { write_secret_use(std::numeric_limits<int>::max()); }

void Housekeeping::write_secret_use(int pieces_max) {
  more_secret_use_ = true;
  for (int pieces = 0; more_secret_use_ && pieces < pieces_max; ++pieces) {
    const auto uses = secret_use_.take(kPieceRows);
    const auto written = store_.config().touch_secrets(uses);
    more_secret_use_ = written && uses.size() == kPieceRows;
    if (written) continue;
    secret_use_.give_back(uses);
    log_.warning("secret_use_not_written", {{"why", written.error().context}});
  }
}

void Housekeeping::fold_tokens(TimePoint now) {
  const auto folded = revocations_.fold({now, Lane::pool});
  if (!folded) return log_.warning("fold_failed", {{"why", folded.error().context}});
  for (const Handle& client : *folded)
    log_.warning("tokens_folded", {{"client", client.str()}, {"what", "it revoked so many tokens that all it holds are dead now"}});
}

void Housekeeping::prune_journal(TimePoint now) {
  if (const auto pruned = revocations_.prune(base::to_s(now)); !pruned) log_.warning("prune_failed", {{"why", pruned.error().context}});
}

void Housekeeping::drop_unused_policies() {
  const auto dropped = store_.config().drop_unused_policies(kPieceRows);
  if (!dropped) log_.warning("drop_unused_policies_failed", {{"why", dropped.error().context}});
}

void Housekeeping::sweep(TimePoint before) {
  more_to_sweep_ = true;
  for (int pieces = 0; more_to_sweep_ && pieces < kPiecesPerTick; ++pieces) {
    const auto swept = store_.sessions().sweep(before, kPieceRows);
    if (!swept) log_.warning("sweep_failed", {{"why", swept.error().context}});
    const auto codes = store_.authorizations().sweep_codes(before, kPieceRows);
    if (!codes) log_.warning("sweep_codes_failed", {{"why", codes.error().context}});
    const auto used = store_.single_use().sweep(before, kPieceRows);
    if (!used) log_.warning("sweep_single_use_failed", {{"why", used.error().context}});
    if (const auto tokens = store_.registrations().sweep(before, kPieceRows); !tokens)
      log_.warning("sweep_registrations_failed", {{"why", tokens.error().context}});
    more_to_sweep_ = swept && codes && used &&
                     (swept->families == kPieceRows || swept->sessions == kPieceRows || *codes == kPieceRows || *used == kPieceRows);
  }
}

void Housekeeping::prune_audit(TimePoint before) {
  more_audit_ = true;
  for (int pieces = 0; more_audit_ && pieces < kPiecesPerTick; ++pieces) {
    const auto pruned = store_.config().prune_audit(before, kPieceRows);
    if (!pruned) log_.warning("prune_audit_failed", {{"why", pruned.error().context}});
    more_audit_ = pruned && *pruned >= kPieceRows;
  }
}

/// By the time that counts only what the clock was not set ahead by: a key that is published or goes too early is not taken back.
void Housekeeping::rotate_keys(TimePoint now) {
  const auto taken = rotate_keys_(now, kRotationsPerTick);
  if (!taken) log_.warning("rotate_keys_failed", {{"why", taken.error().context}});
  more_rotations_ = taken && *taken == kRotationsPerTick;
}

void Housekeeping::survey_costs(int pages_max) {
  if (const auto went_on = cost_survey_.advance(pages_max); !went_on)
    log_.warning("cost_survey_failed", {{"why", went_on.error().context}});
}

}  // namespace tessera::cli
