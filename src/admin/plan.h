// What `apply` would change, and then changes.
#pragma once

#include <string>
#include <vector>

#include "admin/realm_file.h"
#include "admin/services.h"

namespace tessera::admin {

struct PlanLine {
  char sign = '~';  ///< '+' new, '-' goes, '~' changes
  std::string text;
};

/// Everything that one realm needs, to be committed at once.
struct RealmPlan {
  model::Realm realm;  ///< as it will be
  bool is_new = false;
  std::vector<PlanLine> lines;
  std::vector<store::Change> changes;
  std::vector<store::AuditRecord> audit;
};

/// Compares a declaration with the store. What it does not mention is left alone; with `prune` the declaration is the whole truth. A
/// declaration brings back no credential and no revoked state: a client that was removed comes as a new one, a disabled one stays disabled
/// unless the file says enabled = true. Whatever takes something away ends the access tokens that may hold it.
/// Errors: config_invalid with "FILE:LINE: what is wrong; what to write", and the store's.
Result<RealmPlan> plan_realm(const Services& services, const DeclaredRealm& declared, bool prune);

/// Commits the plan of every declared realm, each in one transaction. A realm that is new is committed first by itself, since its keys are
/// bound to the id that the store gives it; a crash in between is made good by applying again. Returns the plans as they were before.
Result<std::vector<RealmPlan>> apply_realms(const Services& services, const std::vector<DeclaredRealm>& declared, bool prune);

}  // namespace tessera::admin
