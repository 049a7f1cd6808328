#include "cli/core.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <variant>

#include "base/file_owner.h"
#include "keys/sealed_values.h"
#include "keys/server_secrets.h"

namespace tessera::cli {

namespace {

namespace fs = std::filesystem;

/// Who may write here can put another database, epoch or socket in the place of ours.
Status require_private(const std::string& path) {
  std::error_code error;
  const auto mode = fs::status(path, error).permissions();
  if ((mode & (fs::perms::group_write | fs::perms::others_write)) == fs::perms::none) return {};
  return fail(Reason::config_invalid, "data_dir " + path + " may be written to by other users; chmod 700 " + path);
}

Status make_data_dir(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return require_private(path);
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return fail(Reason::config_invalid, "data_dir " + path + ": " + error.message() + "; make it, or give this user the right to");
  return {};
}

/// The environment's master key stands above the file's: containers have no file to keep.
Result<std::vector<Secret>> find_master_keys(const config::Settings& settings, bool in_use) {
  if (const char* text = std::getenv("TESSERA_MASTER_KEY")) {
    auto keys = keys::parse_master_keys(text, ',');
    if (!keys)
      return fail(Reason::config_invalid, "TESSERA_MASTER_KEY: " + keys.error().context +
                                              "; make one with: head -c32 /dev/urandom | basenc --base64url | tr -d =; "
                                              "several stand with commas between them, newest first");
    return keys;
  }
  const std::string file = settings.master_key_file.empty() ? settings.data_dir + "/master.key" : settings.master_key_file;
  // A store in use was sealed under a key: making another would only hide that it is missing.
  std::error_code error;
  if (in_use && !fs::exists(file, error))
    return fail(Reason::config_invalid,
                "the master key " + file + " is missing, and the store in use was sealed under it; put the key back from its backup");
  return keys::load_master_keys(file, base::owner_of(settings.data_dir).value_or(::geteuid()), settings.master_key_file.empty());
}

}  // namespace

void RealmWatcher::on_committed(const std::vector<store::Change>& changes) {
  std::set<model::RealmId> with_new_keys;
  for (const auto& change : changes) {
    if (std::holds_alternative<store::PutRealm>(change))
      for (const auto& realm : directory_.realms())
        if (revocations_.index(realm->id) == nullptr) (void)revocations_.add_realm(realm->id);
    if (const auto* key = std::get_if<store::PutKey>(&change)) with_new_keys.insert(key->key.realm);
  }
  for (const model::RealmId id : with_new_keys)
    if (const auto realm = directory_.realm(id)) (void)keyring_.reload(*realm);
}

Result<std::unique_ptr<Core>> Core::open(const config::Settings& settings, std::optional<Restore> restore) {
  TRY(make_data_dir(settings.data_dir));
  store::StoreOptions options{.data_dir = settings.data_dir, .url = settings.store_url, .alone = true};
  if (restore) {
    options.accept = restore->accept;
    options.now = base::SystemClock{}.now();
    options.without_withdrawals = restore->without_withdrawals;
  }
  auto judged = TRY(store::judge_store(options));
  TRY(judged->require_accepted());
  // A wrong master key is told before anything is noted or made: what it could not go on with must not be accepted.
  keys::Sealer sealer(TRY(find_master_keys(settings, judged->config() != nullptr)));
  if (auto* const config = judged->config()) TRY(keys::count_sealed(*config, sealer));
  auto store = TRY(std::move(*judged).open());
  auto secrets = TRY(read_server_secrets(store->config(), sealer));
  std::unique_ptr<Core> core(new Core(std::move(store), std::move(sealer), std::move(secrets), settings));
  const bool restored = options.accept == store::Accept::restored;
  if (restored) (void)TRY(core->store_->journal().start_epoch());
  TRY(core->load());
  if (restored) {
    TRY(core->replace_gone_keys());
    TRY(core->store_->end_restore());
  }
  return core;
}

Result<Core::ServerSecrets> Core::read_server_secrets(store::ConfigStore& store, const keys::Sealer& sealer) {
  const TimePoint now = base::SystemClock{}.now();
  auto pepper = TRY(keys::server_secret(store, sealer, keys::kClientSecretPepper, now));
  auto naming = TRY(keys::server_secret(store, sealer, keys::kPasswordNaming, now));
  auto browser = TRY(keys::server_secret(store, sealer, keys::kBrowserState, now));
  return ServerSecrets{
      .client_secret_pepper = std::move(pepper), .password_naming = std::move(naming), .browser_state = std::move(browser)};
}

Core::Core(std::unique_ptr<store::Store> store, keys::Sealer sealer, ServerSecrets secrets, const config::Settings& settings)
    : settings_(settings),
      store_(std::move(store)),
      sealer_(std::move(sealer)),
      keyring_(store_->config(), sealer_),
      directory_(store_->config()),
      hasher_(std::move(secrets.client_secret_pepper)),
      passwords_({.passes = static_cast<unsigned long long>(settings.password_passes),
                  .memory_bytes = static_cast<std::size_t>(settings.password_memory_kib) * 1024},
                 std::move(secrets.password_naming)),
      browser_state_(std::move(secrets.browser_state)),
      cost_survey_(store_->config(), passwords_),
      revocations_(store_->config(), store_->journal()),
      watcher_(keyring_, revocations_, directory_) {}

Status Core::require_first_key_read() const {
  const auto master_keys = TRY(find_master_keys(settings_, true));
  if (sealer_.is_first(master_keys.front())) return {};
  return fail(Reason::config_invalid, "the first master key is another than the server read when it started: restart the server first");
}

Core::~Core() { store_->close(); }

Status Core::load() {
  epoch_ = TRY(store_->journal().epoch());
  TRY(directory_.load_realms());
  const auto realms = TRY(store_->config().realms());
  TRY(keyring_.load(realms));
  TRY(revocations_.load(realms));
  revocations_.add_listener(directory_);
  revocations_.add_listener(watcher_);
  revocations_.add_listener(cost_survey_);
  return {};
}

Status Core::replace_gone_keys() {
  const Turn turn{clock_.now(), Lane::pool};
  for (const auto& realm : TRY(store_->config().realms())) {
    const auto changes = TRY(keyring_.replace_gone(realm.id, turn.now));
    if (changes.empty()) continue;
    const store::AuditRecord audit{
        .realm = realm.id, .at = turn.now, .actor = "cli", .action = "key.rotate", .object = "realm:" + realm.name};
    TRY(revocations_.commit(turn, changes, {audit}));
  }
  return {};
}

admin::Services Core::admin_services(const std::string& base_url) {
  return {.config = store_->config(),
          .sessions = store_->sessions(),
          .authorizations = store_->authorizations(),
          .registrations = store_->registrations(),
          .revocations = revocations_,
          .directory = directory_,
          .keyring = keyring_,
          .sealer = sealer_,
          .hasher = hasher_,
          .passwords = passwords_,
          .clock = clock_,
          .base_url = base_url,
          .require_first_key_read = [this] { return require_first_key_read(); }};
}

}  // namespace tessera::cli
