// What serving and the commands on a stopped server share: the store, opened, with everything that stands directly on it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admin/services.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "clients/directory.h"
#include "clients/secrets.h"
#include "config/settings.h"
#include "keys/keyring.h"
#include "keys/sealer.h"
#include "revocation/revocations.h"
#include "sessions/cost_survey.h"
#include "sessions/passwords.h"
#include "store/sql_store.h"

namespace tessera::cli {

/// Follows committed changes: new keys and realms take effect at once.
class RealmWatcher final : public store::ChangeListener {
 public:
  RealmWatcher(keys::Keyring& keyring, revocation::Revocations& revocations, const clients::Directory& directory)
      : keyring_(keyring), revocations_(revocations), directory_(directory) {}
  void on_committed(const std::vector<store::Change>& changes) override;

 private:
  keys::Keyring& keyring_;
  revocation::Revocations& revocations_;
  const clients::Directory& directory_;
};

/// Owns them all, in the order in which they need each other. Safe from any thread once opened.
class Core {
 public:
  /// tessera restore.
  struct Restore {
    store::Accept accept = store::Accept::restored;
    bool without_withdrawals = false;  ///< also when lines of `withdrawals` are lost
  };

  /// Makes the data folder (mode 700; one that others may write to is refused) and the master key where they are missing, opens the store
  /// and reads realms, keys and journals. `restore`: accepts the database. Errors: config_invalid, store_unavailable,
  /// store_corrupt, each with what to do.
  static Result<std::unique_ptr<Core>> open(const config::Settings& settings, std::optional<Restore> restore = {});
  ~Core();

  admin::Services admin_services(const std::string& base_url);

  store::Store& store() { return *store_; }
  keys::Keyring& keyring() { return keyring_; }
  clients::Directory& directory() { return directory_; }
  const clients::SecretHasher& hasher() const { return hasher_; }
  const sessions::Passwords& passwords() const { return passwords_; }
  /// A key of 32 bytes for one kind of what browsers keep for us.
  Secret browser_key(std::string_view kind) const { return Secret(base::hkdf_sha256(browser_state_.reveal(), kind, 32)); }
  sessions::CostSurvey& cost_survey() { return cost_survey_; }
  revocation::Revocations& revocations() { return revocations_; }
  const Clock& clock() const { return clock_; }
  std::int64_t epoch() const { return epoch_; }

 private:
  /// What the server keeps for itself, by purpose.
  struct ServerSecrets {
    Secret client_secret_pepper;
    Secret password_naming;
    Secret browser_state;
  };
  static Result<ServerSecrets> read_server_secrets(store::ConfigStore& store, const keys::Sealer& sealer);
  Status require_first_key_read() const;

  Core(std::unique_ptr<store::Store> store, keys::Sealer sealer, ServerSecrets secrets, const config::Settings& settings);
  Status load();
  /// A backup may hold a key as signing that was removed since.
  Status replace_gone_keys();

  const config::Settings settings_;
  base::SystemClock clock_;
  std::unique_ptr<store::Store> store_;
  keys::Sealer sealer_;
  keys::Keyring keyring_;
  clients::Directory directory_;
  clients::SecretHasher hasher_;
  sessions::Passwords passwords_;
  Secret browser_state_;
  sessions::CostSurvey cost_survey_;
  revocation::Revocations revocations_;
  RealmWatcher watcher_;
  std::int64_t epoch_ = 1;
};

}  // namespace tessera::cli
