// Which algorithms a realm has to have a signing key of.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "admin/services.h"
#include "model/client.h"

namespace tessera::admin {

/// Adds the algorithms by which a client of this policy is given what is signed for it alone: ID tokens, userinfo.
void add_algs(const model::ClientPolicy& policy, std::set<std::string>& algs);

/// Those of `algs` that none of the keys signs by.
std::vector<std::string> missing_algs(const std::vector<store::KeyRecord>& keys, const std::set<std::string>& algs);

/// Gives realms the keys that their clients need and they lack: a database from before clients had algorithms of their own holds none for
/// the one that they are given then. To be called before serving. Errors: the store's.
Status complete_keys(const Services& services);

}  // namespace tessera::admin
