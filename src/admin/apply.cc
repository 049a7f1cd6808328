#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

/// A plan is void where a user or a client changed meanwhile, as one does who chooses a password: then it is made again, a few times. Of a
/// realm that was there, `plan` is then the one that was carried out.
Status carry_out(const Services& services, const DeclaredRealm& declared, bool prune, RealmPlan& plan) {
  std::optional<RealmPlan> current = plan;
  if (plan.is_new) {
    TRY(create_realm(services, plan));
    current.reset();
  }
  TRY(repeat_on_conflict([&]() -> Status {
    if (!current) current = TRY(plan_realm(services, declared, prune));
    if (current->changes.empty()) return {};
    Status done = committed(services, *current);
    if (done) return settle(services, *current);
    current.reset();
    return done;
  }));
  if (!plan.is_new) plan = *std::move(current);
  return {};
}

}  // namespace

Result<std::vector<RealmPlan>> apply_realms(const Services& services, const std::vector<DeclaredRealm>& declared, bool prune) {
  // Every plan before the first commit: a fault in the last file leaves all realms as they were.
  std::vector<RealmPlan> plans;
  for (const auto& realm : declared) plans.push_back(TRY(plan_realm(services, realm, prune)));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (services.is_stopping())
      return fail(Reason::shutting_down,
                  fmt::format("the server is stopping: {} of {} realms are as the files declare them; apply again", i, plans.size()));
    TRY(carry_out(services, declared[i], prune, plans[i]));
  }
  return plans;
}

}  // namespace tessera::admin
