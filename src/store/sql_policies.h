// Client policies are stored once, however many clients have them.
#pragma once

#include <cstdint>
#include <functional>

#include "model/client.h"
#include "store/db.h"

namespace tessera::store {

/// The id of this policy, which is stored if it was not; `next_id` gives the id of one. The row stays locked until the commit, so that
/// nobody drops it meanwhile.
Result<std::int64_t> keep_policy(Connection& connection, const model::ClientPolicy& policy,
                                 const std::function<Result<std::int64_t>()>& next_id);

/// Notes that a client has it no longer.
Status leave_policy(Connection& connection, std::int64_t id);

/// Deletes those of the next `limit` that were left, if no client has them. Returns how many it looked at.
Result<int> drop_left_policies(Connection& connection, int limit);

}  // namespace tessera::store
