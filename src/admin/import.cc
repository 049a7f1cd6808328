// A realm from elsewhere: applied as a file is, and the credentials that its users and clients have.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "admin/ending.h"
#include "admin/operations.h"
#include "sessions/password_record.h"

namespace tessera::admin {
namespace {

constexpr std::size_t kSecretBytesMax = 1'024;
constexpr std::size_t kChangesEach = 500;

/// What the other system knows nothing of: what was set here stays.
template <class Policy>
bool is_ours(std::string_view) {
  return false;
}
template <>
bool is_ours<model::RealmPolicy>(std::string_view field) {
  return field != "signing_alg" && field != "scopes" && field != "session_idle" && field != "session_max";
}
template <>
bool is_ours<model::ClientPolicy>(std::string_view field) {
  return field == "allow_token_lifetime_extension" || field == "max_ttl" || field == "token_in_query" || field == "requests_per_minute";
}

/// A file leaves defaults out, and what is left out stays as it was. An import says all that there is: what changed back to a default over
/// there since the last import does so here.
template <class Policy>
void mention_all(Patch<Policy>& patch) {
  for (const auto& field : fields_of<Policy>()) {
    const bool mentioned = std::find(patch.mentioned.begin(), patch.mentioned.end(), &field) != patch.mentioned.end();
    if (!mentioned && !is_ours<Policy>(field.name)) patch.mentioned.push_back(&field);
  }
}

void mention_all(DeclaredRealm& realm) {
  mention_all(realm.policy);
  for (auto& client : realm.clients) {
    mention_all(client.policy);
    if (!client.is_public) client.is_public = false;
  }
  for (auto& user : realm.users) mention_all(user.profile);
}

}  // namespace

/// The passwords to take: of users who have none. A password changed or hashed anew since an earlier import counts more than the old one.
Result<std::vector<const ForeignPassword*>> Operations::choose_passwords(const DeclaredRealm& declared, const model::Realm* realm,
                                                                         const std::vector<ForeignPassword>& passwords) {
  std::vector<const ForeignPassword*> chosen;
  std::set<std::string_view> names;
  for (const auto& user : declared.users) names.insert(user.username);
  for (const auto& password : passwords) {
    if (!names.contains(password.username)) return fail(Reason::config_invalid, "a password is of a user who is not in the files");
    TRY(sessions::read_record(password.record.reveal(), sessions::RecordOrigin::imported));
    if (realm != nullptr) {
      const auto user = services_.config.find_user(turn_of(services_), realm->id, password.username);
      if (!user && user.error().reason != Reason::record_missing) return std::unexpected(user.error());
      if (user && !user->password_record.empty()) continue;
    }
    chosen.push_back(&password);
  }
  return chosen;
}

/// The secrets to take: of clients that have none that lives.
Result<std::vector<const ForeignSecret*>> Operations::choose_secrets(const DeclaredRealm& declared, const model::Realm* realm,
                                                                     const std::vector<ForeignSecret>& secrets) {
  std::vector<const ForeignSecret*> chosen;
  std::set<std::string_view> confidential;
  for (const auto& client : declared.clients)
    if (!client.is_public.value_or(false)) confidential.insert(client.id);
  for (const auto& secret : secrets) {
    if (!confidential.contains(secret.client_id))
      return fail(Reason::config_invalid, "a secret is of a client that is public, or not in the files");
    if (secret.text.empty() || secret.text.size() > kSecretBytesMax)
      return fail(Reason::config_invalid, fmt::format("the secret of client {} must have 1 to 1,024 bytes", secret.client_id));
    if (realm != nullptr) {
      const auto client = services_.config.find_client(turn_of(services_), realm->id, secret.client_id);
      if (!client && client.error().reason != Reason::record_missing) return std::unexpected(client.error());
      if (client) {
        const auto live = TRY(services_.config.secrets_of(turn_of(services_), client->handle));
        if (!live.empty()) continue;
      }
    }
    chosen.push_back(&secret);
  }
  return chosen;
}

Status Operations::take_credentials(const model::Realm& realm, const std::vector<const ForeignPassword*>& passwords,
                                    const std::vector<const ForeignSecret*>& secrets) {
  const TimePoint now = services_.clock.now();
  std::vector<store::Change> changes;
  std::vector<store::AuditRecord> audit;
  const auto flush = [&]() -> Status {
    if (changes.empty()) return {};
    TRY(services_.revocations.commit(turn_of(services_), changes, audit));
    changes.clear();
    audit.clear();
    return {};
  };
  for (const auto* secret : secrets) {
    const auto client = TRY(find_client(realm, secret->client_id));
    auto record = services_.hasher.import(client.handle, secret->text, now, 0);
    audit.push_back(audit_of(realm.id, now, "secret.import", "client:" + client.client_id, {{"secret", record.handle.str()}}));
    changes.push_back(store::AddSecret{std::move(record)});
    if (changes.size() >= kChangesEach) TRY(flush());
  }
  for (const auto* password : passwords) {
    auto user = TRY(find_user(realm, password->username));
    user.password_record = password->record.reveal();
    audit.push_back(
        audit_of(realm.id, now, "user.import_password", "user:" + user.username, {{"cost", sessions::cost_of(user.password_record)}}));
    changes.push_back(store::PutUser{std::move(user)});
    if (changes.size() >= kChangesEach) TRY(flush());
  }
  return flush();
}

Result<ImportOutcome> Operations::import_realm(const std::vector<NamedText>& files, const std::vector<ForeignPassword>& passwords,
                                               const std::vector<ForeignSecret>& secrets, bool dry_run) {
  auto declared = TRY(read_realm_files(files));
  if (declared.size() != 1) return fail(Reason::config_invalid, "an import is of one realm");
  mention_all(declared.front());
  const auto realms = TRY(services_.config.realms());
  const auto realm = std::ranges::find(realms, declared.front().name, &model::Realm::name);
  const model::Realm* existing = realm == realms.end() ? nullptr : &*realm;
  // All that can be refused is refused before anything changes.
  const auto new_passwords = TRY(choose_passwords(declared.front(), existing, passwords));
  const auto new_secrets = TRY(choose_secrets(declared.front(), existing, secrets));
  ImportOutcome outcome{.passwords_kept = passwords.size() - new_passwords.size(), .secrets_kept = secrets.size() - new_secrets.size()};
  if (dry_run) {
    outcome.plan = TRY(plan_realm(services_, declared.front(), false));
  } else {
    auto plans = TRY(apply_realms(services_, declared, false));
    outcome.plan = std::move(plans.front());
  }
  for (const auto* secret : new_secrets) outcome.plan.lines.push_back({'+', "secret of client " + secret->client_id});
  for (const auto* password : new_passwords)
    outcome.plan.lines.push_back(
        {'+', fmt::format("password of user {} ({})", password->username, sessions::cost_of(password->record.reveal()))});
  if (dry_run) return outcome;
  const auto applied = TRY(find_realm(declared.front().name));
  TRY(take_credentials(applied, new_passwords, new_secrets));
  return outcome;
}

}  // namespace tessera::admin
