// Client secrets: rotation without an outage, and the end of exactly the tokens that a secret was used for.
#include <fmt/format.h>

#include "admin/ending.h"
#include "admin/operations.h"

namespace tessera::admin {
namespace {

using model::RevocationKind;

constexpr std::size_t kLiveSecretsMax = 2;
constexpr std::size_t kImportBytesMax = 1'024;

std::string object_of(const model::Client& client) { return "client:" + client.client_id; }

/// Ended, and the access tokens that it was used for dead; with `compromised` their families too.
std::vector<store::Change> end_secret(const model::Client& client, const Handle& secret, bool compromised, TimePoint now) {
  auto entry = suspend(RevocationKind::secret, secret, last_expiry_s(client, now));
  entry.ends = compromised;
  return {store::EndSecret{secret}, entry};
}

Status require_confidential(const model::Client& client) {
  if (!client.is_public) return {};
  return fail(Reason::config_invalid,
              fmt::format("client {} is public and has no secrets; set public = false in its file and apply it", client.client_id));
}

Status require_future(std::int64_t expires_at_s, TimePoint now) {
  if (expires_at_s == 0 || expires_at_s > base::to_s(now)) return {};
  return fail(Reason::config_invalid, "the secret would expire in the past; give a later --expires, or leave it out");
}

}  // namespace

Result<std::vector<model::ClientSecret>> Operations::list_secrets(std::string_view realm_name, std::string_view client_id) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  return services_.config.secrets_of(turn_of(services_), client.handle);
}

Result<model::ClientSecret> Operations::find_secret(const model::Client& client, std::string_view realm, std::string_view id) {
  const auto secrets = TRY(services_.config.secrets_of(turn_of(services_), client.handle));
  const auto list_it = fmt::format("`tessera secret list {} {}` shows the ids", realm, client.client_id);
  std::optional<model::ClientSecret> found;
  for (const auto& secret : secrets) {
    if (!secret.handle.str().starts_with(id)) continue;
    if (found) return fail(Reason::record_conflict, fmt::format("client {} has two secrets; say which: {}", client.client_id, list_it));
    found = secret;
  }
  if (found) return *std::move(found);
  if (id.empty())
    return fail(Reason::record_missing,
                fmt::format("client {} has no secret; `tessera secret add {} {}` makes one", client.client_id, realm, client.client_id));
  return fail(Reason::record_missing, fmt::format("client {} has no secret \"{}\"; {}", client.client_id, id, list_it));
}

namespace {

/// Those that have expired make room.
Status require_room(std::vector<model::ClientSecret> live, const model::Client& client, std::string_view realm, TimePoint now) {
  std::erase_if(live, [now](const auto& secret) { return secret.expires_at_s != 0 && secret.expires_at_s <= base::to_s(now); });
  if (live.size() < kLiveSecretsMax) return {};
  return fail(Reason::record_conflict,
              fmt::format("client {} has two secrets already; delete one first: `tessera secret delete {} {} {}` (the older)",
                          client.client_id, realm, client.client_id, live.front().handle.str()));
}

}  // namespace

Result<IssuedSecret> Operations::add_secret(std::string_view realm_name, std::string_view client_id, std::int64_t expires_at_s) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  const TimePoint now = services_.clock.now();
  TRY(require_confidential(client));
  TRY(require_future(expires_at_s, now));
  const auto live = TRY(services_.config.secrets_of(turn_of(services_), client.handle));
  TRY(require_room(live, client, realm.name, now));
  auto made = services_.hasher.generate(client.handle, now, expires_at_s);
  TRY(commit({store::AddSecret{made.record}},
             audit_of(realm.id, now, "secret.add", object_of(client), {{"secret", made.record.handle.str()}})));
  return IssuedSecret{std::move(made.record), std::move(made.text)};
}

Result<model::ClientSecret> Operations::import_secret(std::string_view realm_name, std::string_view client_id, const Secret& text,
                                                      std::int64_t expires_at_s) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  const TimePoint now = services_.clock.now();
  TRY(require_confidential(client));
  TRY(require_future(expires_at_s, now));
  if (text.empty() || text.size() > kImportBytesMax)
    return fail(Reason::config_invalid,
                "the secret must have 1 to 1,024 bytes; pipe it in: `printf %s \"$SECRET\" | tessera secret import ... --stdin`");
  const auto live = TRY(services_.config.secrets_of(turn_of(services_), client.handle));
  TRY(require_room(live, client, realm.name, now));
  for (const auto& secret : live)
    if (services_.hasher.matches(secret, text.reveal()))
      return fail(Reason::record_conflict, fmt::format("client {} has this secret already, as {}", client.client_id, secret.handle.str()));
  auto record = services_.hasher.import(client.handle, text, now, expires_at_s);
  TRY(commit({store::AddSecret{record}}, audit_of(realm.id, now, "secret.import", object_of(client), {{"secret", record.handle.str()}})));
  return record;
}

Result<IssuedSecret> Operations::regenerate_secret(std::string_view realm_name, std::string_view client_id, std::string_view id,
                                                   bool compromised) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  TRY(require_confidential(client));
  const auto old = TRY(find_secret(client, realm.name, id));
  const TimePoint now = services_.clock.now();
  auto made = services_.hasher.generate(client.handle, now, 0);
  auto changes = end_secret(client, old.handle, compromised, now);
  changes.push_back(store::AddSecret{made.record});
  TRY(commit(changes, audit_of(realm.id, now, "secret.regenerate", object_of(client),
                               {{"ended", old.handle.str()}, {"secret", made.record.handle.str()}, {"compromised", compromised}})));
  return IssuedSecret{std::move(made.record), std::move(made.text)};
}

Status Operations::delete_secret(std::string_view realm_name, std::string_view client_id, std::string_view id, bool compromised) {
  const auto realm = TRY(find_realm(realm_name));
  const auto client = TRY(find_client(realm, client_id));
  const auto old = TRY(find_secret(client, realm.name, id));
  const TimePoint now = services_.clock.now();
  return commit(end_secret(client, old.handle, compromised, now),
                audit_of(realm.id, now, "secret.delete", object_of(client), {{"ended", old.handle.str()}, {"compromised", compromised}}));
}

}  // namespace tessera::admin
