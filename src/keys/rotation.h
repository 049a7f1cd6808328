// When a realm's keys move on by themselves: published -> signing -> verify-only -> gone. What the rows say is all that counts: a server
// that was down for a while goes on where it stood.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/realm.h"
#include "store/store.h"

namespace tessera::keys {

/// The newest key of that algorithm in that state; null without one.
const store::KeyRecord* newest(const std::vector<store::KeyRecord>& keys, std::string_view alg, store::KeyRecord::State state);

/// One step that the realm's schedule asks for.
struct RotationStep {
  enum class What : std::uint8_t {
    publish,  ///< a key of `alg`, `key_published_ahead` before it signs, so that everyone has it by then
    promote,  ///< the published key of `alg` to signing, and the one that signed to verify-only
    remove,   ///< the key `kid`, of which no token can live any more
  };
  What what = What::publish;
  std::string alg;
  std::string kid = {};
  friend bool operator==(const RotationStep&, const RotationStep&) = default;
};

/// What is due at `now_s`; nothing for a realm without key_rotation_every. Keys that sign refresh tokens stay: those may live for ever.
std::vector<RotationStep> due_steps(const model::RealmPolicy& policy, const std::vector<store::KeyRecord>& keys, std::int64_t now_s);

/// When the schedule takes `key`, one of the realm's `keys`, on to its next state; 0: it does not.
std::int64_t next_state_at_s(const model::RealmPolicy& policy, const std::vector<store::KeyRecord>& keys, const store::KeyRecord& key);

}  // namespace tessera::keys
