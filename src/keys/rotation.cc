#include "keys/rotation.h"

#include <algorithm>

#include "jose/jwk.h"

namespace tessera::keys {
namespace {

using store::KeyRecord;
using State = store::KeyRecord::State;

/// A key that signs is as old as its publication: counted from there, one follows the other every key_rotation_every.
std::int64_t publication_s(const model::RealmPolicy& policy, const KeyRecord& signing) {
  return base::to_s(signing.created_at) + policy.key_rotation_every_s;
}

/// One that an operator published early waits for its turn; one that is published late still has its time to be fetched.
std::int64_t promotion_s(const model::RealmPolicy& policy, const KeyRecord& signing, const KeyRecord* published) {
  const std::int64_t planned_s = publication_s(policy, signing);
  return (published ? std::max(base::to_s(published->created_at), planned_s) : planned_s) + policy.key_published_ahead_s;
}

}  // namespace

const KeyRecord* newest(const std::vector<KeyRecord>& keys, std::string_view alg, State state) {
  const KeyRecord* best = nullptr;
  for (const KeyRecord& key : keys)
    if (key.alg == alg && key.state == state && (!best || key.created_at > best->created_at)) best = &key;
  return best;
}

std::vector<RotationStep> due_steps(const model::RealmPolicy& policy, const std::vector<KeyRecord>& keys, std::int64_t now_s) {
  std::vector<RotationStep> steps;
  if (policy.key_rotation_every_s == 0) return steps;
  for (const auto alg : jose::kPublicAlgs) {
    const KeyRecord* const signing = newest(keys, alg, State::signing);
    if (!signing) continue;
    const KeyRecord* const published = newest(keys, alg, State::published);
    if (published && now_s >= promotion_s(policy, *signing, published))
      steps.push_back({RotationStep::What::promote, std::string(alg)});
    else if (!published && now_s >= publication_s(policy, *signing))
      steps.push_back({RotationStep::What::publish, std::string(alg)});
  }
  for (const KeyRecord& key : keys)
    if (jose::is_public_alg(key.alg) && key.state == State::verify_only && key.verify_until_s <= now_s)
      steps.push_back({RotationStep::What::remove, key.alg, key.kid});
  return steps;
}

std::int64_t next_state_at_s(const model::RealmPolicy& policy, const std::vector<KeyRecord>& keys, const KeyRecord& key) {
  if (policy.key_rotation_every_s == 0 || !jose::is_public_alg(key.alg)) return 0;
  if (key.state == State::verify_only) return key.verify_until_s;
  const KeyRecord* const signing = newest(keys, key.alg, State::signing);
  const KeyRecord* const published = newest(keys, key.alg, State::published);
  const bool in_turn = signing && (key.kid == signing->kid || (published && key.kid == published->kid));
  return in_turn ? promotion_s(policy, *signing, published) : 0;
}

}  // namespace tessera::keys
