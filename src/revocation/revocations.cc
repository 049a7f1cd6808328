#include "revocation/revocations.h"

#include <algorithm>

namespace tessera::revocation {
namespace {

constexpr int kPageEntries = 1'000;
/// Deletions of one realm in one call; what is left waits for the next.
constexpr int kPruneWindows = 100;
/// One step for the clock that dated the entry, which may have been behind the one that dated the token; one for the clock that dates the
/// pruning, which may step back to before the token's expiry.
constexpr std::int64_t kPruneMarginS = 2 * PruningTime::kStepMaxS;

/// Each window is a transaction of its own, so that no commit waits long.
template <class DeleteWindow>
Status in_windows(DeleteWindow delete_window) {
  for (int windows = 0; windows < kPruneWindows; ++windows)
    if (TRY(delete_window()) < kPageEntries) break;
  return {};
}

}  // namespace

Revocations::Revocations(store::ConfigStore& config, store::JournalStore& journal, const RevocationLimits& limits)
    : config_(config), journal_(journal), indexes_(std::make_shared<const Indexes>()), limits_(limits) {}

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

/// Under steady load one commit or another is always under way: the entries that nobody published would never be read.
void Revocations::begin_commit() {
  std::unique_lock lock(commits_mutex_);
  caught_up_.wait_for(lock, limits_.catch_up_wait, [this] { return !behind_ || commits_under_way_ == 0; });
  ++commits_under_way_;
}

void Revocations::end_commit(const Turn& turn, bool outcome_unknown) {
  const std::lock_guard lock(commits_mutex_);
  --commits_under_way_;
  behind_ = behind_ || outcome_unknown;
  if (behind_ && commits_under_way_ == 0 && turn.lane != Lane::io) behind_ = !take_in_all();
  caught_up_.notify_all();
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

Status Revocations::prune(std::int64_t now_s) {
  TRY(catch_up());
  const auto trusted_s = pruning_time_.advance(now_s);
  if (!trusted_s) return {};
  const std::int64_t until_s = *trusted_s - kPruneMarginS;
  const auto indexes = indexes_.load();
  for (const auto& [realm, index] : *indexes) {
    TRY(in_windows([&, id = realm] { return journal_.prune(id, until_s, kPageEntries); }));
    index->prune(until_s);
  }
  return {};
}

Result<std::vector<Handle>> Revocations::fold(const Turn& turn) {
  std::vector<Handle> folded;
  const auto indexes = indexes_.load();
  for (const auto& [realm, index] : *indexes) {
    if (index->token_entries() <= limits_.token_entries) continue;
    // Some client may have been revoked whole meanwhile, by a fold that a crash cut short, for example.
    index->drop_covered_tokens();
    if (index->token_entries() <= limits_.token_entries) continue;
    const Handle client = index->client_of_most_tokens();
    if (!client) continue;
    const auto revoked = revoke_all_of(realm, client, turn);
    // Those before it are dead whatever fails now, and the caller must hear of them. This one's turn comes again.
    if (!revoked && folded.empty()) return std::unexpected(revoked.error());
    if (!revoked) break;
    folded.push_back(client);
    index->drop_covered_tokens();
    // What this leaves behind is pruned when its time comes.
    static_cast<void>(in_windows([&, id = realm] { return journal_.drop_covered_tokens(id, client, kPageEntries); }));
  }
  return folded;
}

Status Revocations::revoke_all_of(model::RealmId realm, const Handle& client, const Turn& turn) {
  const auto record = TRY(config_.find_client(turn, client));
  const store::Revoke whole_client{
      .kind = model::RevocationKind::client, .id = client, .ends = false, .prune_after_s = base::to_s(turn.now)};
  const store::AuditRecord audit{.realm = realm,
                                 .at = turn.now,
                                 .actor = "server",
                                 .action = "client.fold_tokens",
                                 .object = "client:" + record.client_id,
                                 .request_id = Handle::random().str(),
                                 .detail = "{}"};
  const auto events = commit(turn, {whole_client}, {audit});
  if (!events) return std::unexpected(events.error());
  return {};
}

}  // namespace tessera::revocation
