// Realms and clients as requests see them: in memory when they can be, never staler than the journal's head.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace tessera::clients {

using ClientEntry = store::ClientWithSecrets;

/// All realms, and the clients and users used of late. Bounded caches (clients 65,536; users 16,384; unknown names are not kept).
/// A record read before a change committed is never cached after it. Safe from any thread.
class Directory final : public store::ChangeListener {
 public:
  explicit Directory(store::ConfigStore& store, std::size_t client_capacity = 65'536, std::size_t user_capacity = 16'384);
  ~Directory() override;

  Status load_realms();
  /// Null when unknown.
  std::shared_ptr<const model::Realm> realm(std::string_view name) const;
  std::shared_ptr<const model::Realm> realm(model::RealmId id) const;
  std::vector<std::shared_ptr<const model::Realm>> realms() const;

  /// Errors: client_unknown, would_look_up (by handle: would_wait), store_unavailable.
  Result<std::shared_ptr<const ClientEntry>> client(const Turn& turn, model::RealmId realm, std::string_view client_id);
  Result<std::shared_ptr<const ClientEntry>> client(const Turn& turn, const Handle& handle);
  /// By handle only: an answer from memory would tell, by its time, whose name exists. Errors: user_unknown, would_wait, store_unavailable.
  Result<std::shared_ptr<const model::User>> user(const Turn& turn, const Handle& handle);

  void on_committed(const std::vector<store::Change>& changes) override;

 private:
  struct Caches;
  Result<std::shared_ptr<const ClientEntry>> keep_client(std::uint64_t read_at, Result<ClientEntry> found);

  store::ConfigStore& store_;
  std::unique_ptr<Caches> caches_;
};

}  // namespace tessera::clients
