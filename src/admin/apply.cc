#include <fmt/format.h>

#include <algorithm>

#include "admin/plan.h"

namespace tessera::admin {
namespace {

/// What else has to know once a plan is committed.
Status settle(const Services& services, const RealmPlan& plan) {
  const auto is_key = [](const store::Change& change) { return std::holds_alternative<store::PutKey>(change); };
  if (std::any_of(plan.changes.begin(), plan.changes.end(), is_key)) return services.keyring.reload(plan.realm);
  return {};
}

Status committed(const Services& services, const RealmPlan& plan) {
  const auto done = services.revocations.commit(turn_of(services), plan.changes, plan.audit);
  if (done) return {};
  // What the plan could not see: the rows of removed users stay, and nobody else may ever be them.
  if (done.error().reason == Reason::record_conflict)
    return fail(
        Reason::record_conflict,
        fmt::format("realm {}: a sub that the file gives belonged to a user who was removed, or the realm was changed meanwhile; leave "
                    "the sub out, or apply again",
                    plan.realm.name));
  return std::unexpected(done.error());
}

Status create_realm(const Services& services, const RealmPlan& plan) {
  TRY(services.revocations.commit(turn_of(services), {store::PutRealm{plan.realm}}, {plan.audit.front()}));
  const auto realms = TRY(services.config.realms());
  for (const auto& realm : realms)
    if (realm.name == plan.realm.name) return services.revocations.add_realm(realm.id);
  return fail(Reason::internal, fmt::format("realm {} is missing right after it was made", plan.realm.name));
}

}  // namespace

Result<std::vector<RealmPlan>> apply_realms(const Services& services, const std::vector<DeclaredRealm>& declared, bool prune) {
  // Every plan before the first commit: a fault in the last file leaves all realms as they were.
  std::vector<RealmPlan> plans;
  for (const auto& realm : declared) plans.push_back(TRY(plan_realm(services, realm, prune)));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    RealmPlan plan = plans[i];
    if (plan.is_new) {
      TRY(create_realm(services, plan));
      plan = TRY(plan_realm(services, declared[i], prune));
    }
    if (plan.changes.empty()) continue;
    TRY(committed(services, plan));
    TRY(settle(services, plan));
  }
  return plans;
}

}  // namespace tessera::admin
