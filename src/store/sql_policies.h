// Client policies are stored once, however many clients have them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/client.h"
#include "store/db.h"

namespace tessera::store {

/// The id of this policy, which is stored if it was not; `next_id` gives the id of one. The row stays locked until the commit, so that
/// nobody drops it meanwhile.
Result<std::int64_t> keep_policy(Connection& connection, const model::ClientPolicy& policy,
                                 const std::function<Result<std::int64_t>()>& next_id);

/// Whether the policy of that id says the same.
Result<bool> is_policy(Connection& connection, std::int64_t id, const model::ClientPolicy& policy);

/// Notes that a client has it no longer.
Status leave_policy(Connection& connection, std::int64_t id);

/// Policies that clients left, at most `limit`.
Result<std::vector<std::int64_t>> left_policies(Connection& connection, int limit);

/// Deletes one that was left, if no client has it. One in a transaction: who locks two could wait in a circle with those that lock one and
/// want an id.
Status drop_left_policy(Connection& connection, std::int64_t id);

}  // namespace tessera::store
