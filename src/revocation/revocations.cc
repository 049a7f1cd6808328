#include "revocation/revocations.h"

#include <algorithm>

namespace tessera::revocation {
namespace {

constexpr int kPageEntries = 1'000;
constexpr std::int64_t kClockStepMaxS = 3'600;
/// One step for the clock that dated the entry, which may have been behind the one that dated the token; one for the clock that dates the
/// pruning, which may step back to before the token's expiry.
constexpr std::int64_t kPruneMarginS = 2 * kClockStepMaxS;

}  // namespace

Revocations::Revocations(store::ConfigStore& config, store::JournalStore& journal)
    : config_(config), journal_(journal), indexes_(std::make_shared<const Indexes>()) {}

void Revocations::add_listener(store::ChangeListener& listener) { listeners_.push_back(&listener); }

Status Revocations::take_in(model::RealmId realm, std::int64_t after, verifier::RevocationIndex& index) {
  for (;;) {
    const auto page = TRY(journal_.entries_after(realm, after, kPageEntries));
    for (const model::RevocationEvent& event : page) index.publish(event);
    if (page.size() < kPageEntries) return {};
    after = page.back().number;
  }
}

Status Revocations::load(const std::vector<model::Realm>& realms) {
  epoch_ = TRY(journal_.epoch());
  auto indexes = std::make_shared<Indexes>();
  for (const model::Realm& realm : realms) {
    // The head first: numbers below it that are missing were pruned, and nobody waits for them.
    auto index = std::make_shared<verifier::RevocationIndex>(epoch_, TRY(journal_.head(realm.id)));
    TRY(take_in(realm.id, 0, *index));
    indexes->emplace(realm.id, std::move(index));
  }
  indexes_ = std::move(indexes);
  return {};
}

Status Revocations::add_realm(model::RealmId realm) {
  const std::lock_guard lock(indexes_writer_);
  if (find(realm)) return {};
  auto index = std::make_shared<verifier::RevocationIndex>(epoch_, TRY(journal_.head(realm)));
  auto indexes = std::make_shared<Indexes>(*indexes_.load());
  indexes->emplace(realm, index);
  // In its place before the journal is read: what is committed from here on finds it, what was committed before is read.
  indexes_ = std::move(indexes);
  return take_in(realm, 0, *index);
}

std::shared_ptr<verifier::RevocationIndex> Revocations::find(model::RealmId realm) const {
  const auto indexes = indexes_.load();
  const auto found = indexes->find(realm);
  return found == indexes->end() ? nullptr : found->second;
}

model::Rev Revocations::head(model::RealmId realm) const {
  const auto known = find(realm);
  return known ? known->head() : model::make_rev(epoch_, 0);
}

// An index lives as long as this object: none is ever taken out.
const verifier::RevocationIndex* Revocations::index(model::RealmId realm) const { return find(realm).get(); }

Result<std::vector<model::RevocationEvent>> Revocations::commit(const Turn& turn, const std::vector<store::Change>& changes,
                                                                const std::vector<store::AuditRecord>& audit) {
  if (turn.lane == Lane::io) return fail(Reason::would_wait);
  begin_commit();
  auto events = config_.commit(turn, changes, audit);
  const bool outcome_unknown = !events && events.error().reason == Reason::commit_unknown;
  // Caches first. A token minted from a record that was cached before the change must not carry a rev that knows of it.
  if (events || outcome_unknown)
    for (store::ChangeListener* const listener : listeners_) listener->on_committed(changes);
  if (events) publish(*events);
  end_commit(turn, outcome_unknown);
  return events;
}

void Revocations::publish(const std::vector<model::RevocationEvent>& events) {
  for (const model::RevocationEvent& event : events)
    if (const auto known = find(event.realm)) known->publish(event);
}

void Revocations::begin_commit() {
  const std::lock_guard lock(commits_mutex_);
  ++commits_under_way_;
}

void Revocations::end_commit(const Turn& turn, bool outcome_unknown) {
  const std::lock_guard lock(commits_mutex_);
  --commits_under_way_;
  behind_ = behind_ || outcome_unknown;
  if (behind_ && commits_under_way_ == 0 && turn.lane != Lane::io) behind_ = !take_in_all();
}

Status Revocations::catch_up() {
  const std::lock_guard lock(commits_mutex_);
  behind_ = true;
  if (commits_under_way_ > 0) return {};
  TRY(take_in_all());
  behind_ = false;
  return {};
}

/// Only while no commit is under way: the entries of one that is must wait until its listeners were told.
Status Revocations::take_in_all() {
  const auto indexes = indexes_.load();
  for (const auto& [realm, index] : *indexes) TRY(take_in(realm, model::rev_number(index->head()), *index));
  return {};
}

std::optional<std::int64_t> Revocations::trusted_time(std::int64_t now_s) {
  const std::lock_guard lock(prune_mutex_);
  const bool first = last_prune_s_ == 0;
  const std::int64_t step_s = now_s - last_prune_s_;
  last_prune_s_ = now_s;
  if (first) trusted_s_ = now_s;
  if (step_s > kClockStepMaxS) return std::nullopt;
  trusted_s_ = std::min(trusted_s_ + std::max<std::int64_t>(step_s, 0), now_s);
  return trusted_s_ - kPruneMarginS;
}

Status Revocations::prune(std::int64_t now_s) {
  TRY(catch_up());
  const auto until_s = trusted_time(now_s);
  if (!until_s) return {};
  const auto indexes = indexes_.load();
  for (const auto& [realm, index] : *indexes) {
    (void)TRY(journal_.prune(realm, *until_s));
    index->prune(*until_s);
  }
  return {};
}

}  // namespace tessera::revocation
