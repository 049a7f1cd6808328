// What stands sealed in the database: the private keys of every realm, and the server's own secrets under realm 0.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "keys/sealer.h"
#include "store/store.h"

namespace tessera::keys {

/// Seals `plain` for this record alone: bound to realm, kid, alg and use.
std::string seal_for(const store::KeyRecord& record, std::string_view plain, const Sealer& sealer);
/// The sealed part of a record. Errors: as Sealer::open, with the record's kid and `owner` ("realm finlex").
Result<Secret> open_sealed(const store::KeyRecord& record, std::string_view owner, const Sealer& sealer);

struct SealedCount {
  std::size_t values = 0;
  std::size_t outdated = 0;  ///< of these, sealed under another master key than the first
};

/// Opens every one. Errors: config_invalid when the master key of one is not here, store_corrupt for one that was changed,
/// store_unavailable.
Result<SealedCount> count_sealed(store::ConfigStore& store, const Sealer& sealer);

/// Changes that seal anew, under the first master key, each that another seals. None: then the others are not needed. Errors: the same.
Result<std::vector<store::Change>> reseal(store::ConfigStore& store, const Sealer& sealer);

}  // namespace tessera::keys
