#include "history.h"

#include <array>

namespace tessera::sim {

namespace {

constexpr std::size_t kOperationsMin = 15;
constexpr std::size_t kOperationsSpread = 30;
constexpr std::size_t kInterruptionPercent = 25;
constexpr std::size_t kFaultPercent = 8;
constexpr int kCallsMax = 8;
constexpr std::int64_t kHourS = 3'600;

}  // namespace

History::History(Disk& disk, const Secrets& secrets, std::uint64_t seed)
    : disk_(disk), secrets_(secrets), dice_(seed), realm_("r" + std::to_string(seed)), skew_to_s_(dice_.percent(50) ? kHourS : -kHourS) {
  disk_.next_fault = store::Fault::none;
  disk_.next_read_fails = false;
  set_up();
}

void History::run() {
  const std::size_t operations = kOperationsMin + dice_.below(kOperationsSpread);
  for (std::size_t i = 0; i < operations; ++i) {
    operate(false);
    check_some();
  }
  check_all();
  restart();
  check_all();
}

void History::operate(bool nested) {
  struct Weighted {
    std::size_t weight;
    Operation operation;
  };
  // The first ones only stand alone: a clock or a server does not change in the middle of a request.
  static constexpr std::array kOperations{
      Weighted{5, &History::restart},       Weighted{12, &History::move_clock},    Weighted{16, &History::issue},
      Weighted{10, &History::open_family},  Weighted{26, &History::refresh},       Weighted{5, &History::revoke_access},
      Weighted{4, &History::revoke_self},   Weighted{3, &History::revoke_refresh}, Weighted{2, &History::log_out},
      Weighted{7, &History::toggle_client}, Weighted{5, &History::toggle_user},    Weighted{2, &History::end_sessions},
      Weighted{4, &History::add_secret},    Weighted{3, &History::delete_secret},  Weighted{3, &History::regenerate_secret},
      Weighted{1, &History::remove_client}, Weighted{2, &History::rotate_key},     Weighted{2, &History::remove_key},
      Weighted{5, &History::prune},         Weighted{2, &History::sweep},          Weighted{3, &History::fold}};
  constexpr std::size_t kStandAlone = 17;
  static const std::size_t kSum = [] {
    std::size_t sum = 0;
    for (const Weighted& each : kOperations) sum += each.weight;
    return sum;
  }();
  std::size_t roll = nested ? kStandAlone + dice_.below(kSum - kStandAlone) : dice_.below(kSum);
  for (const Weighted& each : kOperations) {
    if (roll < each.weight) return (this->*each.operation)();
    roll -= each.weight;
  }
}

/// Called by the store, before and after what it does.
void History::interrupt() {
  if (interrupt_in_ == 0 || --interrupt_in_ > 0) return;
  const auto fault = std::exchange(disk_.next_fault, store::Fault::none);
  ++depth_;
  operate(true);
  check_some();
  --depth_;
  disk_.next_fault = fault;
  was_interrupted_ = true;
}

/// Every operation begins here: it may be interrupted, or meet a fault, but not both, or nothing could be said of its outcome.
Attempt History::begin(std::string step) {
  Attempt attempt{.born = model_.tick(), .fault = store::Fault::none, .read_fails = false};
  steps_.push_back(describe(step));
  if (depth_ > 0) return attempt;
  was_interrupted_ = false;
  if (dice_.percent(kInterruptionPercent)) {
    interrupt_in_ = 1 + static_cast<int>(dice_.below(kCallsMax));
  } else if (dice_.percent(kFaultPercent)) {
    attempt.fault = dice_.percent(50) ? store::Fault::before_commit : store::Fault::lost_outcome;
    disk_.next_fault = attempt.fault;
    steps_.back() += attempt.fault == store::Fault::before_commit ? " [write fails]" : " [outcome lost]";
  } else if (dice_.percent(kFaultPercent)) {
    disk_.next_read_fails = attempt.read_fails = true;
    steps_.back() += " [read fails]";
  }
  return attempt;
}

void History::conclude(const Attempt& attempt, Expect expected, Reason reason) {
  const bool ok = reason == Reason::would_wait;
  const std::string answer = ok ? "ok" : std::string(base::reason_name(reason));
  steps_.push_back(describe("  -> " + answer));
  if (depth_ == 0) interrupt_in_ = 0;
  const bool write_met = attempt.fault != store::Fault::none && disk_.next_fault == store::Fault::none;
  const bool met_fault = write_met || (attempt.read_fails && !disk_.next_read_fails);
  if (depth_ == 0) disk_.next_fault = store::Fault::none;
  if (depth_ == 0) disk_.next_read_fails = false;

  const bool failed = reason == Reason::store_unavailable || reason == Reason::commit_unknown;
  if (ok && met_fault) throw Violation("success, though the store failed or the outcome is unknown");
  if (failed && !met_fault) throw Violation("a failure of the store that nobody caused");
  if (met_fault && reason == Reason::store_unavailable && attempt.fault == store::Fault::lost_outcome)
    throw Violation("an unknown outcome was reported as nothing done");
  if (reason == Reason::internal || reason == Reason::would_hash) throw Violation("a defect: " + answer);
  if (failed) return;
  if (ok && expected == Expect::no) throw Violation("accepted what must be refused");
  if (!ok && expected == Expect::yes) throw Violation("refused what must be accepted: " + answer);
}

std::string History::describe(const std::string& step) const {
  return std::to_string(now_s() - FakeClock::kStartS) + "s " + std::string(static_cast<std::size_t>(depth_) * 4, ' ') + step;
}

/// A crash: whatever was in memory is gone.
void History::restart() {
  steps_.push_back(describe("crash and restart"));
  interrupt_in_ = 0;
  server_.reset();
  server_ = std::make_unique<Server>(disk_, secrets_, clock_, realm_, [this] { interrupt(); });
  model_.restart();
}

void History::move_clock() {
  std::int64_t step_s = 0;
  if (dice_.percent(30)) {
    step_s = skew_s_ == 0 ? skew_to_s_ : -skew_s_;
    skew_s_ += step_s;
  } else {
    constexpr std::array<std::int64_t, 6> kSteps{1, 9, 40, 300, 1'000, 2'000};
    step_s = kSteps[dice_.below(kSteps.size())];
  }
  clock_.step(step_s);
  steps_.push_back(describe("clock moved by " + std::to_string(step_s) + " s"));
}

}  // namespace tessera::sim
