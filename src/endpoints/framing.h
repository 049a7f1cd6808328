// Who may frame the pages that Keycloak's clients keep in a frame without a face.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/realm.h"
#include "store/store.h"

namespace tessera::endpoints {

/// The web origins of a realm's enabled clients, read once after each change. Safe from any thread.
class Framing final : public store::ChangeListener {
 public:
  /// `base_url`: ours; pages beside us may frame us too.
  Framing(store::ConfigStore& store, std::string_view base_url);

  /// Whose frames a page of the realm may stand in, for its frame-ancestors: the page that the Referer names, where a client registered its
  /// origin. A browser need not say: then all that are registered, as long as they fit a header. Errors: would_wait, store_unavailable.
  Result<std::vector<std::string>> ancestors(const model::Realm& realm, std::string_view referer, const Turn& turn);

  void on_committed(const std::vector<store::Change>& changes) override;

 private:
  using Origins = std::set<std::string, std::less<>>;
  Result<std::shared_ptr<const Origins>> origins_of(model::RealmId realm, const Turn& turn);
  std::shared_ptr<const Origins> find(model::RealmId realm, std::uint64_t& changes) const;
  Result<std::shared_ptr<const Origins>> read(model::RealmId realm) const;

  store::ConfigStore& store_;
  const std::string own_origin_;
  std::mutex reader_;         ///< held while a realm is read: others wait for the same
  mutable std::mutex mutex_;  ///< guards the two below
  std::map<model::RealmId, std::shared_ptr<const Origins>> known_;
  std::uint64_t changes_ = 0;
};

}  // namespace tessera::endpoints
