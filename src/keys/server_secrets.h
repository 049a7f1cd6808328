// Secrets of the server as a whole. They stand sealed beside the realms' keys, under realm 0, which no realm has: nothing lists them.
#pragma once

#include <string_view>

#include "keys/sealer.h"
#include "store/store.h"

namespace tessera::keys {

inline constexpr model::RealmId kServerRealm = 0;

inline constexpr std::string_view kClientSecretPepper = "client-secret-pepper";
inline constexpr std::string_view kPasswordNaming = "password-naming";
inline constexpr std::string_view kBrowserState = "browser-state";  ///< what browsers keep for us: cookies, and forms under way

/// The 32 bytes kept for `purpose`; they outlive the master key that seals them. Made when they are missing: random in a new database; one
/// that has realms already comes from when they were derived from the oldest master key, and keeps what it had. Call it only once all that
/// is sealed was seen to open: what a wrong master key gives would stay. Errors: as Sealer::open, and the store's.
Result<Secret> server_secret(store::ConfigStore& store, const Sealer& sealer, std::string_view purpose, TimePoint now);

}  // namespace tessera::keys
