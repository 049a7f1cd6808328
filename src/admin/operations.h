// What operators do to a store, whether the server runs or not. The command line and the admin socket share it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/foreign_credentials.h"
#include "admin/health.h"
#include "admin/plan.h"
#include "admin/services.h"
#include "keys/rotation.h"

namespace tessera::admin {

struct IssuedSecret {
  model::ClientSecret record;
  Secret text;  ///< shown once
};

struct IssuedInitialAccessToken {
  model::InitialAccessToken record;
  Secret text;  ///< shown once
};

struct Resealed {
  std::size_t resealed = 0;
  std::size_t values = 0;       ///< all that stands sealed, now under the first master key
  std::size_t master_keys = 0;  ///< that were read at the start
};

struct ImportOutcome {
  RealmPlan plan;                  ///< with a line for each credential
  std::size_t passwords_kept = 0;  ///< of users who had one here
  std::size_t secrets_kept = 0;    ///< of clients that had one here
};

struct ApplyOptions {
  bool dry_run = false;
  bool prune = false;
};

/// What may be said of a token without holding it to be true.
struct TokenReport {
  std::string kind;  ///< "access token", "refresh token"
  bool lives = false;
  std::string reason;       ///< why not, a Reason's name; "" while it lives
  std::string explanation;  ///< the same in plain English
  std::string realm;
  std::string claims_json;  ///< what it holds, as signed; "" for the opaque form
  std::int64_t expires_at_s = 0;
};

/// A key, and when the realm's schedule takes it on to its next state (0: it does not).
struct KeyView {
  store::KeyRecord key;
  std::int64_t next_state_at_s = 0;
};

/// A consent, and the client that it is for.
struct ConsentView {
  model::Consent consent;
  std::string client_id;
};

/// Every operation that changes something commits it with its audit record in one transaction, and what it ended is dead when it returns.
/// Errors: record_missing and record_conflict with a context that says what to type next, config_invalid for a wrong argument, and the
/// store's. One at a time: whoever calls from several threads serializes them (the Dispatcher does).
class Operations {
 public:
  explicit Operations(const Services& services) : services_(services) {}

  Result<std::vector<RealmPlan>> apply(const std::vector<NamedText>& files, const ApplyOptions& options);

  /// Applies the files of one realm from elsewhere as the whole truth of what they name, then takes the credentials of those who have none
  /// here. Cut short between the two, it is made good by importing again. Errors: as apply(), and config_invalid for a credential.
  Result<ImportOutcome> import_realm(const std::vector<NamedText>& files, const std::vector<ForeignPassword>& passwords,
                                     const std::vector<ForeignSecret>& secrets, bool dry_run);
  /// The realm as a file for `apply` (realm_text.h), clients and users in the order of their names. It yields no change when it is applied
  /// to the same database, and holds neither secrets nor passwords. Errors: config_invalid for one larger than `apply` takes.
  Result<std::string> export_realm(std::string_view realm, bool with_users);

  Result<std::vector<model::Realm>> list_realms();
  Result<model::Realm> show_realm(std::string_view realm);
  Status enable_realm(std::string_view realm, bool enabled);
  /// Every token of the realm that was issued until now dies, refresh tokens too (Keycloak's not-before). Returns the new not-before.
  Result<std::int64_t> raise_not_before(std::string_view realm);

  Result<std::vector<model::Client>> list_clients(std::string_view realm, const store::Page& page);
  Result<model::Client> show_client(std::string_view realm, std::string_view client_id);
  Status enable_client(std::string_view realm, std::string_view client_id, bool enabled);
  Status remove_client(std::string_view realm, std::string_view client_id);

  Result<std::vector<model::ClientSecret>> list_secrets(std::string_view realm, std::string_view client_id);
  /// `expires_at_s` 0: never. Two versions may live at a time.
  Result<IssuedSecret> add_secret(std::string_view realm, std::string_view client_id, std::int64_t expires_at_s);
  Result<model::ClientSecret> import_secret(std::string_view realm, std::string_view client_id, const Secret& text,
                                            std::int64_t expires_at_s);
  /// A new version in the place of `id`, whose tokens die at once. `id` may be "" while only one lives.
  Result<IssuedSecret> regenerate_secret(std::string_view realm, std::string_view client_id, std::string_view id, bool compromised);
  /// The access tokens issued with it die at once; with `compromised` what they were refreshed from, too.
  Status delete_secret(std::string_view realm, std::string_view client_id, std::string_view id, bool compromised);

  /// Those that can still be spent.
  Result<std::vector<model::InitialAccessToken>> list_initial_access_tokens(std::string_view realm);
  /// For `uses` clients to register themselves, until then.
  Result<IssuedInitialAccessToken> add_initial_access_token(std::string_view realm, std::int64_t expires_at_s, std::int64_t uses);
  Status withdraw_initial_access_token(std::string_view realm, std::string_view id);

  Result<std::vector<model::User>> list_users(std::string_view realm, const store::Page& page);
  Result<model::User> show_user(std::string_view realm, std::string_view username);
  Status add_user(std::string_view realm, std::string_view username, const model::UserProfile& profile);
  /// Without a password one is made and returned. Replacing a password ends the user's sessions and tokens.
  Result<std::optional<Secret>> set_password(std::string_view realm, std::string_view username, std::optional<Secret> password);
  /// Takes over a password that was hashed elsewhere: a record (sessions/password_record.h) or Keycloak's credential as JSON, within the
  /// bounds for imported ones. Replacing a password by another ends the user's sessions and tokens.
  Status import_password(std::string_view realm, std::string_view username, const Secret& text);
  Status enable_user(std::string_view realm, std::string_view username, bool enabled);
  Status end_sessions(std::string_view realm, std::string_view username);
  Status remove_user(std::string_view realm, std::string_view username);

  Result<std::vector<model::Session>> list_sessions(std::string_view realm, std::string_view username);
  Status end_session(std::string_view realm, std::string_view session);
  Result<std::vector<ConsentView>> list_consents(std::string_view realm, std::string_view username);
  Status withdraw_consent(std::string_view realm, std::string_view username, std::string_view consent);

  Result<std::vector<KeyView>> list_keys(std::string_view realm);
  /// A new key, published for others to fetch but not signing before it is rotated in. Returns its kid.
  Result<std::string> add_key(std::string_view realm, std::string_view alg);
  Status rotate_key(std::string_view realm, std::string_view alg);
  Status remove_key(std::string_view realm, std::string_view kid, bool compromised);
  /// Takes at most `limit` of the steps that realms' schedules ask for at `now` (keys/rotation.h), each on record as the server's own.
  /// Returns how many.
  Result<int> rotate_due_keys(TimePoint now, int limit);
  /// Seals anew, under the first master key, whatever another seals: the keys of every realm and the server's secrets. Cut short, it leaves
  /// some as they were, and doing it again goes on. Errors: config_invalid for a first key that was not read yet.
  Result<Resealed> reseal();

  Result<TokenReport> inspect_token(std::string_view token);
  Result<std::vector<HealthFinding>> examine() { return examine_store(services_); }

 private:
  Result<model::Realm> find_realm(std::string_view name);
  Result<model::Client> find_client(const model::Realm& realm, std::string_view client_id);
  Result<model::User> find_user(const model::Realm& realm, std::string_view username);
  /// The live secret that `id` names by its start; the only one for "".
  Result<model::ClientSecret> find_secret(const model::Client& client, std::string_view realm, std::string_view id);
  /// Until when what the realm's present keys signed may be shown: access tokens by the lifetimes of its clients as they stand, and ID
  /// tokens as hints of a session that lives.
  Result<std::int64_t> verify_until_s(const model::Realm& realm);
  Status take_step(const model::Realm& realm, const keys::RotationStep& step, TimePoint now);
  Status commit(const std::vector<store::Change>& changes, const store::AuditRecord& audit);
  Result<std::vector<const ForeignPassword*>> choose_passwords(const DeclaredRealm& declared, const model::Realm* realm,
                                                               const std::vector<ForeignPassword>& passwords);
  Result<std::vector<const ForeignSecret*>> choose_secrets(const DeclaredRealm& declared, const model::Realm* realm,
                                                           const std::vector<ForeignSecret>& secrets);
  Status take_credentials(const model::Realm& realm, const std::vector<const ForeignPassword*>& passwords,
                          const std::vector<const ForeignSecret*>& secrets);
  Result<TokenReport> inspect_refresh_token(std::string_view token, std::string_view realm);
  Status judge_family(const model::Family& family, const model::Realm& realm, std::int64_t generation, std::int64_t issued_at_s);
  Result<TokenReport> inspect_jwt(std::string_view token);

  Services services_;
};

}  // namespace tessera::admin
