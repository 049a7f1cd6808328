// What the rest of Tessera asks of storage: small interfaces of atomic verbs. Every write is durable when it returns; a commit whose
// outcome is not known is commit_unknown, never success. Safe to call from any thread. A verb that takes a Turn returns would_wait
// on a lane that must not wait, before any effect (a verb of sessions waits with the turn's pause, where there is one and the engine can);
// the others may be called on a worker only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/authorization_code.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/registration.h"
#include "model/revocation.h"
#include "model/session.h"
#include "model/user.h"

namespace tessera::store {

/// A signing key at rest. `sealed` is the private key under the master key, bound to realm, kid, alg and use. Those of realm 0 are no keys
/// but the server's own secrets (keys/server_secrets.h).
struct KeyRecord {
  enum class State : std::uint8_t { published = 1, signing = 2, verify_only = 3, gone = 4 };
  model::RealmId realm = 0;
  std::string kid;
  std::string alg;  ///< ES256, RS256, PS256, EdDSA; HS512 for refresh tokens; "refresh" for the opaque refresh tokens' MAC key; "pairwise"
  std::string use;  ///< sig, refresh or subject
  State state = State::published;
  std::string public_jwk;  ///< JSON; "" for symmetric keys
  std::string sealed;
  TimePoint created_at;
  std::int64_t verify_until_s = 0;  ///< for verify_only: when its last token has expired
};

/// Written in the same transaction as the change that it records.
struct AuditRecord {
  model::RealmId realm = 0;  ///< 0: the server
  TimePoint at;
  std::string actor;   ///< "cli", "client:<id>", "user:<name>", "server"
  std::string action;  ///< e.g. "client.put", "secret.delete", "token.revoke"
  std::string object;  ///< what it was done to, e.g. "client:acme"
  std::string request_id;
  std::string detail;  ///< JSON object, no secrets
};

// What can change. Those that end something append a journal entry and raise the row's revoked_seq in the same transaction.
struct PutRealm {
  model::Realm realm;
};  ///< insert (id 0) or replace by name
struct PutClient {
  model::Client client;
  bool keeps_enabled = false;  ///< of a client that is there: whoever disables it meanwhile is not overruled
  /// It takes out of itself what must not come back with a backup, and no file of an operator says so: then it comes back disabled.
  bool narrows = false;
  std::optional<model::Client> was = {};  ///< its policy and is_public have to be as these still; else record_conflict
};  ///< insert (new handle) or replace enabled, is_public, policy by handle
/// Inserts (new handle) or replaces enabled, password_record and profile by handle; pair another password with a Revoke of kind user.
struct PutUser {
  model::User user;
  std::optional<model::User> was = {};  ///< what is replaced has to be as this still; else record_conflict
  bool keeps_password = false;          ///< the record in the row stays, whatever it is by now; `was` need not know it
};
struct AddSecret {
  model::ClientSecret secret;
};
struct EndSecret {
  Handle secret;
};  ///< marks it deleted; pair it with a Revoke of kind secret
/// Gone for good; the name may be used again with another handle. Unless a Revoke of the same handle stands beside it, it appends one.
struct RemoveClient {
  Handle client;
};
struct RemoveUser {
  Handle user;
};
struct PutKey {
  KeyRecord key;
};  ///< insert or replace by (realm, kid)
/// Appends a journal entry for (kind, id). With `ends` it is a revocation: families and sessions below it end too (the row's ended_seq
/// rises, or the session or family row is ended; a consent is withdrawn); without, a suspension: access tokens die, refreshing is up to the
/// row's `enabled`.
struct Revoke {
  model::RevocationKind kind;
  Handle id;
  bool ends = true;
  std::int64_t iat_before_s = 0;  ///< raises the realm's, client's or user's not-before; 0: leaves it
  /// 0: never pruned. Of a client, secret, session or family the store raises it to when their last access token expires.
  std::int64_t prune_after_s = 0;
  model::RealmId realm = 0;  ///< needed by a token, which has no row; of the others it is the row's
  Handle client = {};        ///< of a token: whose it is
};
/// Expiry high-water mark of a client; only rises. With `known` it is refused (refresh_ended) if the client is disabled or gone, or client
/// or secret were revoked after that journal number: the token that asks for it would outlive the entry that kills it.
struct RaiseMaxExpiry {
  struct Known {
    Handle secret;  ///< the version that the request showed
    std::int64_t number;
  };
  Handle client;
  std::int64_t max_expiry_s;
  std::optional<Known> known = {};
};
/// A password hashed anew at today's parameters, if the record is still the one that was verified.
struct ReplacePasswordRecord {
  Handle user;
  std::string was;
  std::string now;
};

struct AddInitialAccessToken {
  model::InitialAccessToken token;
};
/// One use of it. Refused (initial_token_wrong) when none is left, it has expired, or a database was restored since.
struct SpendInitialAccessToken {
  Handle token;
};
struct WithdrawInitialAccessToken {
  Handle token;
};
/// Insert, or replace digest and about by client. It goes with its client.
struct PutRegistration {
  model::Registration registration;
};

using Change =
    std::variant<PutRealm, PutClient, PutUser, AddSecret, EndSecret, RemoveClient, RemoveUser, PutKey, Revoke, RaiseMaxExpiry,
                 ReplacePasswordRecord, AddInitialAccessToken, SpendInitialAccessToken, WithdrawInitialAccessToken, PutRegistration>;

/// A client and its live (not deleted) secrets, oldest first: what one request needs.
struct ClientWithSecrets {
  model::Client client;
  std::vector<model::ClientSecret> secrets;
};

struct Page {
  std::string after;  ///< the last name of the page before; "" for the first
  int limit = 100;
};

/// What operators declare: realms, clients, secrets, users, keys.
class ConfigStore {
 public:
  virtual ~ConfigStore() = default;
  virtual Result<std::vector<model::Realm>> realms() = 0;
  /// Errors: record_missing, would_wait, store_unavailable.
  virtual Result<model::Client> find_client(const Turn& turn, model::RealmId realm, std::string_view client_id) = 0;
  virtual Result<model::Client> find_client(const Turn& turn, const Handle& handle) = 0;
  /// Both; by name, which is what requests ask by, in one read where the store can. Errors: as find_client().
  virtual Result<ClientWithSecrets> find_client_with_secrets(const Turn& turn, model::RealmId realm, std::string_view client_id) {
    return add_secrets(turn, TRY(find_client(turn, realm, client_id)));
  }
  Result<ClientWithSecrets> find_client_with_secrets(const Turn& turn, const Handle& handle) {
    return add_secrets(turn, TRY(find_client(turn, handle)));
  }
  /// Live (not deleted) versions, oldest first.
  virtual Result<std::vector<model::ClientSecret>> secrets_of(const Turn& turn, const Handle& client) = 0;
  virtual Result<model::User> find_user(const Turn& turn, model::RealmId realm, std::string_view username) = 0;
  virtual Result<model::User> find_user(const Turn& turn, const Handle& handle) = 0;
  virtual Result<std::vector<model::Client>> list_clients(model::RealmId realm, const Page& page) = 0;
  virtual Result<std::vector<model::User>> list_users(model::RealmId realm, const Page& page) = 0;
  /// What the realm's clients have, disabled ones among them; each policy once, however many have it.
  virtual Result<std::vector<model::ClientPolicy>> policies_in_use(model::RealmId realm) = 0;
  virtual Result<std::vector<KeyRecord>> keys(model::RealmId realm) = 0;
  virtual Result<std::vector<AuditRecord>> audit_tail(model::RealmId realm, int limit) = 0;

  /// Carries out all changes and the audit records in one transaction, or none. Returns the journal entries it appended, numbered.
  /// Errors: record_conflict (a name taken, a third live secret), record_missing, store_unavailable, commit_unknown.
  virtual Result<std::vector<model::RevocationEvent>> commit(const Turn& turn, const std::vector<Change>& changes,
                                                             const std::vector<AuditRecord>& audit) = 0;
  /// Deletes the oldest audit records from before `before`, about `limit` of them. Returns how many.
  virtual Result<int> prune_audit(TimePoint before, int limit) = 0;
  /// Deletes client policies that no client has any more, about `limit` of them. Returns how many it looked at.
  virtual Result<int> drop_unused_policies(int limit) = 0;
  /// Notes that secrets were used; batched by the caller, one transaction, not awaited for durability.
  virtual Status touch_secrets(const std::vector<std::pair<Handle, std::int64_t>>& last_used_at_s) = 0;

 private:
  Result<ClientWithSecrets> add_secrets(const Turn& turn, model::Client client) {
    auto secrets = TRY(secrets_of(turn, client.handle));
    return ClientWithSecrets{std::move(client), std::move(secrets)};
  }
};

/// A family and the session that it belongs to, if it has one.
struct FamilyInSession {
  model::Family family;
  std::optional<model::Session> session;
};

/// A refresh token as it was shown.
struct Showing {
  std::int64_t generation = 0;
  std::int64_t by = 0;         ///< a digest of the client authentication and the scope that it came with
  bool notes_session = false;  ///< as the session's last use, too
};

struct Rotation {
  model::Family family;  ///< as it stands after the verb
  bool moved = false;    ///< false: the token shown was the one before, within leeway, and `family` is its successor
};

/// A session that ended, and a client that has a family in it.
struct SessionParty {
  Handle session;
  Handle user;
  Handle client;
  friend bool operator==(const SessionParty&, const SessionParty&) = default;
};

struct Swept {
  int families = 0;
  int sessions = 0;
};

/// Sessions and refresh families.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  /// Inserts the family, and the session where one is given, if realm, client, secret and user are enabled and were not ended since `rev`
  /// of the family: one conditional write. Errors: refresh_ended, would_wait, store_unavailable, commit_unknown.
  virtual Status open(const Turn& turn, const std::optional<model::Session>& session, const model::Family& family) = 0;
  virtual Result<model::Family> find_family(const Turn& turn, const Handle& family) = 0;
  virtual Result<model::Session> find_session(const Turn& turn, const Handle& session) = 0;
  /// What a refresh starts from, in one short read: `ended` of either says only whether it ended itself. What stands above them, rotate()
  /// judges. Errors: refresh_unknown, would_wait, store_unavailable.
  virtual Result<FamilyInSession> find_for_rotation(const Turn& turn, const Handle& family) = 0;
  /// Moves the generation shown to its successor if the family is live: not ended, not expired or idle at turn.now, and realm, client, user
  /// and session enabled and not ended since the family's rev. Showing the one before again as it was shown then (`by`), within `leeway_s`
  /// of the move, returns the row as it is; any other older generation ends the family (journal entry in the same transaction). Of
  /// `family`, as it was found before, only what never changes is relied on. Errors: refresh_unknown, refresh_ended, refresh_expired,
  /// refresh_ahead, refresh_reused (the family has just ended; `ended` gets the journal entry), would_wait, store_unavailable,
  /// commit_unknown.
  virtual Result<Rotation> rotate(const Turn& turn, const model::Family& family, const Showing& shown, int leeway_s,
                                  std::vector<model::RevocationEvent>& ended) = 0;
  /// Sets last_used_at of the family, and with `notes_session` its session's, to turn.now if they are live as in rotate(); writes only when
  /// it is more than 1/30 of the idle lifetime old (then needs a lane that may wait), and otherwise only reads. Returns the family. Same
  /// errors.
  virtual Result<model::Family> touch(const Turn& turn, const Handle& family, bool notes_session) = 0;
  virtual Result<std::vector<model::Session>> sessions_of(const Handle& user) = 0;
  /// Whom the end of a session concerns. At most 1,000.
  virtual Result<std::vector<SessionParty>> parties_of_session(const Handle& session) = 0;
  /// The same for the sessions that ended with all of their user's, and not by themselves before.
  virtual Result<std::vector<SessionParty>> parties_of_user(const Handle& user) = 0;
  /// Deletes families and sessions that ended or expired before `before`, and sessions unused since then that have no family left. Looks at
  /// the next window of each table, and takes at most `limit` rows of each: where it takes as many, the next call is likely to as well.
  virtual Result<Swept> sweep(TimePoint before, int limit) = 0;
};

/// Authorization codes and consents.
class AuthorizationStore {
 public:
  virtual ~AuthorizationStore() = default;
  /// Inserts a session for a user who has just signed in, if realm and user are enabled and were not ended since its `rev`.
  /// Errors: session_ended, would_wait, store_unavailable, commit_unknown.
  virtual Status begin_session(const Turn& turn, const model::Session& session) = 0;
  /// Inserts the code, and notes that its session was used, if realm, client, user, session and consent stand and were not ended since
  /// the code's `rev`. Errors: session_ended, would_wait, store_unavailable, commit_unknown.
  virtual Status put_code(const Turn& turn, const model::AuthorizationCode& code) = 0;
  /// Spent ones too, for a while. Errors: code_unknown, would_wait, store_unavailable.
  virtual Result<model::AuthorizationCode> find_code(const Turn& turn, std::string_view digest) = 0;
  /// Spends the code for `family`, which it opens with `session` where one is given (SessionStore::open), in one conditional write.
  /// Errors: code_spent, code_expired, refresh_ended (what it descends from ended: it stays unspent, in vain), would_wait,
  /// store_unavailable, commit_unknown.
  virtual Status redeem(const Turn& turn, std::string_view digest, const std::optional<model::Session>& session,
                        const model::Family& family) = 0;
  /// Spends it in vain: a redemption that fails burns the code. Errors: would_wait, store_unavailable, commit_unknown.
  virtual Status burn(const Turn& turn, std::string_view digest) = 0;

  /// The one in force. Errors: record_missing, would_wait, store_unavailable.
  virtual Result<model::Consent> find_consent(const Turn& turn, const Handle& user, const Handle& client) = 0;
  /// Inserts it, or widens the one in force by its scope, and returns it as it stands. Errors: record_missing (user or client is gone),
  /// would_wait, store_unavailable, commit_unknown.
  virtual Result<model::Consent> grant_consent(const Turn& turn, const model::Consent& consent) = 0;
  /// In force, newest first. To withdraw one, commit a Revoke of kind consent.
  virtual Result<std::vector<model::Consent>> consents_of(const Handle& user) = 0;
  /// Deletes codes that expired before `before`, at most `limit`. Returns how many.
  virtual Result<int> sweep_codes(TimePoint before, int limit) = 0;
};

/// Clients that register themselves. What changes of them is a Change.
class RegistrationStore {
 public:
  virtual ~RegistrationStore() = default;
  /// One that can still be spent. Errors: initial_token_wrong, would_wait, store_unavailable.
  virtual Result<model::InitialAccessToken> find_initial_access_token(const Turn& turn, model::RealmId realm, std::string_view digest) = 0;
  /// Those that can still be spent, oldest first, at most 1,000.
  virtual Result<std::vector<model::InitialAccessToken>> initial_access_tokens(const Turn& turn, model::RealmId realm) = 0;
  /// Errors: record_missing, would_wait, store_unavailable.
  virtual Result<model::Registration> find_registration(const Turn& turn, const Handle& client) = 0;
  /// Forgets initial access tokens that expired before `before` or are spent, at most `limit`. Returns how many.
  virtual Result<int> sweep(TimePoint before, int limit) = 0;
};

/// What counts once. The numbers are stored: never reuse one.
enum class SingleUse : std::uint8_t { client_assertion = 1 };

/// One showing of something that counts once.
struct Showed {
  SingleUse kind;
  std::string digest;             ///< SHA-256 of what tells it apart, raw
  std::int64_t expires_at_s = 0;  ///< it is worth nothing after that, and need not be remembered
  std::string request_id;         ///< of the request that showed it
};

/// What was shown and must not count again, each kind in a namespace of its own.
class SingleUseStore {
 public:
  virtual ~SingleUseStore() = default;
  /// Notes the use, unless there was one: one conditional write. The same request may ask again, for it is run again where it has to wait.
  /// Errors: assertion_reused, would_wait, store_unavailable, commit_unknown.
  virtual Status use(const Turn& turn, const Showed& showed) = 0;
  /// Forgets what expired before `before`, at most `limit`. Returns how many.
  virtual Result<int> sweep(TimePoint before, int limit) = 0;
};

/// The revocation journal, per realm, numbered in commit order without gaps.
class JournalStore {
 public:
  virtual ~JournalStore() = default;
  virtual Result<std::int64_t> head(model::RealmId realm) = 0;
  virtual Result<std::vector<model::RevocationEvent>> entries_after(model::RealmId realm, std::int64_t number, int limit) = 0;
  /// Deletes entries whose prune_after_s is before `now_s`, at most `limit`. Returns how many. The head never moves back.
  virtual Result<int> prune(model::RealmId realm, std::int64_t now_s, int limit) = 0;
  /// Deletes entries of the client's tokens that are older than its newest revocation, which kills them as well; at most `limit`.
  /// Returns how many.
  virtual Result<int> drop_covered_tokens(model::RealmId realm, const Handle& client, int limit) = 0;
  /// The restore epoch, from 1; `start_epoch` adds one (tessera restore --accept).
  virtual Result<std::int64_t> epoch() = 0;
  virtual Result<std::int64_t> start_epoch() = 0;
};

/// Told of every committed change before its journal entries are published: caches drop what it touches.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void on_committed(const std::vector<Change>& changes) = 0;
};

}  // namespace tessera::store
