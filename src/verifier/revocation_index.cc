#include "verifier/revocation_index.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace tessera::verifier {

using model::RevocationKind;

namespace {

/// A realm's journal speaks of one realm: its entries need no id.
Handle index_id(RevocationKind kind, const Handle& id) { return kind == RevocationKind::realm ? Handle{} : id; }

}  // namespace

RevocationIndex::RevocationIndex(std::int64_t epoch, std::int64_t head) : epoch_(epoch), head_(head) {}

void RevocationIndex::publish(const model::RevocationEvent& event) {
  const std::unique_lock lock(mutex_);
  const auto [found, inserted] = kills_.try_emplace(Key{event.kind, index_id(event.kind, event.id)}, Kill{});
  Kill& kill = found->second;
  if (inserted) ++counts_[static_cast<std::size_t>(event.kind)];
  kill.number = std::max(kill.number, event.number);
  if (event.client) kill.client = event.client;
  kill.iat_before_s = std::max(kill.iat_before_s, event.iat_before_s);
  const bool forever = !inserted && kill.prune_after_s == 0;
  kill.prune_after_s = forever || event.prune_after_s == 0 ? 0 : std::max(kill.prune_after_s, event.prune_after_s);

  if (event.number > head_) gap_.insert(event.number);
  while (gap_.erase(head_ + 1) != 0) ++head_;
}

/// The caller holds the lock.
template <class Over>
void RevocationIndex::drop_if(Over over) {
  std::erase_if(kills_, [&](const auto& entry) {
    const bool drop = over(entry.first, entry.second);
    if (drop) --counts_[static_cast<std::size_t>(entry.first.kind)];
    return drop;
  });
}

void RevocationIndex::prune(std::int64_t now_s) {
  const std::unique_lock lock(mutex_);
  drop_if([&](const Key&, const Kill& kill) { return kill.prune_after_s != 0 && kill.prune_after_s < now_s; });
}

void RevocationIndex::drop_covered_tokens() {
  const std::unique_lock lock(mutex_);
  drop_if([&](const Key& key, const Kill& kill) {
    if (key.kind != RevocationKind::token || !kill.client) return false;
    const auto whole_client = kills_.find(Key{RevocationKind::client, kill.client});
    return whole_client != kills_.end() && kill.number < whole_client->second.number;
  });
}

model::Rev RevocationIndex::head() const {
  const std::shared_lock lock(mutex_);
  return model::make_rev(epoch_, head_);
}

bool RevocationIndex::killed(RevocationKind kind, const Handle& id, std::int64_t rev_number, std::int64_t issued_at_s) const {
  if (counts_[static_cast<std::size_t>(kind)] == 0) return false;
  const auto found = kills_.find(Key{kind, id});
  if (found == kills_.end()) return false;
  return rev_number < found->second.number || issued_at_s < found->second.iat_before_s;
}

bool RevocationIndex::key_killed(std::string_view kid) const {
  if (counts_[static_cast<std::size_t>(RevocationKind::key)] == 0) return false;
  const auto id = Handle::parse(kid);
  return id && kills_.contains(Key{RevocationKind::key, *id});
}

Status RevocationIndex::check(const Handle& jti, std::string_view kid, const model::Lineage& lineage, model::Rev rev,
                              std::int64_t issued_at_s) const {
  const std::int64_t number = model::rev_number(rev);
  const std::shared_lock lock(mutex_);
  if (rev < 0 || rev > model::make_rev(epoch_, head_)) return fail(Reason::token_rev_ahead);
  if (model::rev_epoch(rev) < epoch_) return fail(Reason::token_revoked, "of an older epoch");
  if (key_killed(kid)) return fail(Reason::token_revoked, "its key was revoked");

  const auto dead = [&](RevocationKind kind, const Handle& id) { return id && killed(kind, id, number, issued_at_s); };
  if (killed(RevocationKind::realm, Handle{}, number, issued_at_s) || dead(RevocationKind::token, jti) ||
      dead(RevocationKind::client, lineage.client) || dead(RevocationKind::secret, lineage.secret) ||
      dead(RevocationKind::user, lineage.user) || dead(RevocationKind::session, lineage.session) ||
      dead(RevocationKind::family, lineage.family) || dead(RevocationKind::consent, lineage.consent))
    return fail(Reason::token_revoked);
  return {};
}

std::size_t RevocationIndex::size() const {
  const std::shared_lock lock(mutex_);
  return kills_.size();
}

std::size_t RevocationIndex::token_entries() const {
  const std::shared_lock lock(mutex_);
  return counts_[static_cast<std::size_t>(RevocationKind::token)];
}

Handle RevocationIndex::client_of_most_tokens() const {
  struct Tokens {
    std::size_t count = 0;
    std::int64_t first_number = std::numeric_limits<std::int64_t>::max();
  };
  std::unordered_map<Handle, Tokens, HandleHash> tokens_of;
  const std::shared_lock lock(mutex_);
  for (const auto& [key, kill] : kills_) {
    if (key.kind != RevocationKind::token || !kill.client) continue;
    Tokens& tokens = tokens_of[kill.client];
    ++tokens.count;
    tokens.first_number = std::min(tokens.first_number, kill.number);
  }
  // Of two with as many the one that began first: never by chance.
  const auto most = std::ranges::max_element(
      tokens_of, {}, [](const auto& client) { return std::pair(client.second.count, -client.second.first_number); });
  return most == tokens_of.end() ? Handle{} : most->first;
}

}  // namespace tessera::verifier
