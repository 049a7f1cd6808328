#include "store/known_policies.h"

#include "store/sql_rows.h"

namespace tessera::store {

Result<base::SharedValue<model::ClientPolicy>> KnownPolicies::read(std::int64_t id, std::string_view document) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto* const known = policies_.find(id)) return *known;
  }
  auto policy = TRY(client_policy_of(document));
  const std::lock_guard lock(mutex_);
  return policies_.put(id, std::move(policy));
}

}  // namespace tessera::store
