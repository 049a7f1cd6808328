#include "registration/registrar.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>
#include <thread>

#include "base/base64url.h"
#include "base/digest.h"
#include "clients/secret_text.h"
#include "policy/scope.h"
#include "registration/metadata.h"

namespace tessera::registration {
namespace {

namespace json = boost::json;
using model::RevocationKind;

/// The one token that the caller shows.
Result<std::string> shown_token(const model::Realm& realm, const model::EndpointRequest& request) {
  if (realm.policy.registration_template.empty()) return fail(Reason::registration_off, realm.name);
  if (request.bearer_tokens.empty()) return fail(Reason::token_missing);
  if (request.bearer_tokens.size() > 1) return fail(Reason::token_ambiguous);
  return request.bearer_tokens.front();
}

store::AuditRecord audit_of(const model::Client& client, const model::EndpointRequest& request, std::string actor, std::string action,
                            const Turn& turn) {
  return {.realm = client.realm,
          .at = turn.now,
          .actor = std::move(actor),
          .action = std::move(action),
          .object = "client:" + client.client_id,
          .request_id = request.request_id,
          .detail = "{}"};
}

bool loses(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return std::any_of(before.begin(), before.end(),
                     [&](const auto& word) { return std::find(after.begin(), after.end(), word) == after.end(); });
}

/// Whether tokens may be out that the client would not get as it is now.
bool ends_tokens(const model::Client& before, const model::Client& after) {
  return loses(before.policy->grants, after.policy->grants) || loses(before.policy->scopes, after.policy->scopes) ||
         before.is_public != after.is_public || before.policy->jwks != after.policy->jwks ||
         before.policy->jwks_uri != after.policy->jwks_uri;
}

/// What the client may do, in a word: another one is another's doing.
std::string mark_of(const model::ClientPolicy& policy) {
  std::vector<std::string> grants = policy.grants;
  std::vector<std::string> scopes = policy.scopes;
  std::ranges::sort(grants);
  std::ranges::sort(scopes);
  return base::base64url_encode(base::sha256(json::serialize(json::array{json::value_from(grants), json::value_from(scopes)})));
}

/// Whether it had something that it no longer wants to have.
bool narrows(const model::Client& before, const model::Client& after) {
  return ends_tokens(before, after) || loses(before.policy->redirect_uris, after.policy->redirect_uris) ||
         loses(before.policy->post_logout_redirect_uris, after.policy->post_logout_redirect_uris) ||
         loses(before.policy->web_origins, after.policy->web_origins);
}

}  // namespace

Result<Registrar::Caller> Registrar::admit(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const {
  const std::string token = TRY(shown_token(realm, request));
  if (!token.starts_with(clients::kInitialAccessTokenPrefix)) return admit_by_access_token(realm, token, turn);
  const auto initial = TRY(services_.registrations.find_initial_access_token(turn, realm.id, base::sha256(token)));
  return Caller{.by = initial.handle, .actor = "initial-access-token:" + initial.handle.str(), .spends = true};
}

Result<Registrar::Caller> Registrar::admit_by_access_token(const model::Realm& realm, const std::string& token, const Turn& turn) const {
  const std::string& scope = realm.policy.registration_scope;
  if (scope.empty()) return fail(Reason::initial_token_wrong);
  const auto access = TRY(services_.access_tokens.judge(realm, token, turn.now));
  if (!policy::has_scope_word(access->scope, scope)) return fail(Reason::token_scope_insufficient, scope);
  // What a person lets a client do is not what a platform lets it do.
  if (access->lineage.user) return fail(Reason::token_scope_insufficient, "the token is a user's");
  return Caller{.by = access->lineage.client, .actor = "client:" + access->client_id};
}

Result<Registrar::Managed> Registrar::find_managed(const model::Realm& realm, const model::EndpointRequest& request,
                                                   const Turn& turn) const {
  const std::string token = TRY(shown_token(realm, request));
  const bool is_own = token.starts_with(clients::kRegistrationTokenPrefix);
  const Reason unknown = is_own ? Reason::registration_token_wrong : Reason::client_not_managed;
  std::optional<Caller> caller;
  if (!is_own) caller = TRY(admit_by_access_token(realm, token, turn));

  auto entry = services_.directory.client(turn, realm.id, request.managed_client);
  if (!entry) return entry.error().reason == Reason::client_unknown ? fail(unknown) : std::unexpected(entry.error());
  auto registration = services_.registrations.find_registration(turn, (*entry)->client.handle);
  if (!registration) return registration.error().reason == Reason::record_missing ? fail(unknown) : std::unexpected(registration.error());
  const bool may = is_own ? base::equal_constant_time(registration->digest, base::sha256(token)) : registration->by == caller->by;
  if (!may) return fail(unknown);
  return Managed{.entry = *std::move(entry),
                 .registration = *std::move(registration),
                 .actor = caller ? caller->actor : "client:" + request.managed_client,
                 .registration_token = Secret(is_own ? token : std::string())};
}

Result<std::shared_ptr<const clients::ClientEntry>> Registrar::find_template(const model::Realm& realm, const Turn& turn) const {
  auto likeness = services_.directory.client(turn, realm.id, realm.policy.registration_template);
  if (likeness || likeness.error().reason != Reason::client_unknown) return likeness;
  return fail(Reason::registration_template_missing, realm.policy.registration_template);
}

/// What a client may claim that is registered already: what it has, and what the template has, unless an operator has changed the client
/// since. What was taken from it is not its to take again.
Result<model::ClientPolicy> Registrar::bounds_of(const model::Realm& realm, const Managed& managed, const Turn& turn) const {
  model::ClientPolicy bounds = *managed.entry->client.policy;
  if (managed.registration.shaped != mark_of(bounds)) return bounds;
  const auto likeness = TRY(find_template(realm, turn));
  const model::ClientPolicy& more = *likeness->client.policy;
  bounds.grants.insert(bounds.grants.end(), more.grants.begin(), more.grants.end());
  bounds.scopes.insert(bounds.scopes.end(), more.scopes.begin(), more.scopes.end());
  return bounds;
}

Result<Registered> Registrar::create(const model::Realm& realm, const model::EndpointRequest& request, const json::object& said,
                                     const Turn& turn) const {
  const Caller caller = TRY(admit(realm, request, turn));
  const Metadata metadata = TRY(read_metadata(said));
  const auto likeness = TRY(find_template(realm, turn));
  model::Client client = TRY(shape_client(metadata, *likeness->client.policy, *likeness->client.policy, realm.policy));
  client.handle = Handle::random();
  client.realm = realm.id;
  client.client_id = Handle::random().str();
  Registered made{.client = std::move(client), .registration = {}};
  made.registration_token = clients::new_secret_text(clients::kRegistrationTokenPrefix);
  made.registration = {.client = made.client.handle,
                       .digest = base::sha256(made.registration_token.reveal()),
                       .by = caller.by,
                       .at = turn.now,
                       .about = json::serialize(metadata.about),
                       .shaped = mark_of(*made.client.policy)};

  std::vector<store::Change> changes;
  if (caller.spends) changes.emplace_back(store::SpendInitialAccessToken{caller.by});
  changes.emplace_back(store::PutClient{made.client});
  changes.emplace_back(store::PutRegistration{made.registration});
  if (has_secret(made.client)) {
    auto secret = services_.hasher.generate(made.client.handle, turn.now, 0);
    changes.emplace_back(store::AddSecret{secret.record});
    made.secret = std::move(secret.text);
  }
  TRY(commit(changes, audit_of(made.client, request, caller.actor, "client.register", turn), turn));
  return made;
}

Result<Registered> Registrar::read(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const {
  Managed managed = TRY(find_managed(realm, request, turn));
  return Registered{.client = managed.entry->client,
                    .registration = std::move(managed.registration),
                    .registration_token = std::move(managed.registration_token)};
}

/// RFC 7592, 2.2: what the client was given is not for it to change.
Status Registrar::require_own(const clients::ClientEntry& entry, const json::object& said) const {
  for (const std::string_view member :
       {"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"})
    if (said.contains(member)) return refuse_member(member, "is not the client's to say");
  const auto* const id = said.if_contains("client_id");
  if (id == nullptr || !id->is_string() || id->get_string() != entry.client.client_id)
    return refuse_member("client_id", "is missing, or another client's");
  const auto* const secret = said.if_contains("client_secret");
  if (secret == nullptr) return {};
  const bool is_live = secret->is_string() && std::any_of(entry.secrets.begin(), entry.secrets.end(), [&](const auto& record) {
                         return services_.hasher.matches(record, {secret->get_string().data(), secret->get_string().size()});
                       });
  return is_live ? Status{} : refuse_member("client_secret", "is not the client's: a client can't choose one");
}

Result<Registered> Registrar::update(const model::Realm& realm, const model::EndpointRequest& request, const json::object& said,
                                     const Turn& turn) const {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    auto done = try_update(realm, request, said, turn);
    if (done || done.error().reason != Reason::record_conflict) return done;
    // An operator was quicker: what they said counts, as soon as it is known here.
    if (tries == kTries) return fail(Reason::store_unavailable, done.error().context);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<Registered> Registrar::try_update(const model::Realm& realm, const model::EndpointRequest& request, const json::object& said,
                                         const Turn& turn) const {
  Managed managed = TRY(find_managed(realm, request, turn));
  const model::Client& before = managed.entry->client;
  json::object whole = said;
  if (request.verb == model::Verb::amend) {
    whole = describe(before, managed.registration.about);
    if (before.policy->token_endpoint_auth_method.empty() && !before.is_public) whole.erase("token_endpoint_auth_method");
    // Of the two that say the same, the one that is said now.
    if (said.contains("jwks")) whole.erase("jwks_uri");
    if (said.contains("jwks_uri")) whole.erase("jwks");
    for (const auto& [member, value] : said) whole[member] = value;
  } else {
    TRY(require_own(*managed.entry, said));
  }
  const Metadata metadata = TRY(read_metadata(whole));
  const auto bounds = TRY(bounds_of(realm, managed, turn));
  const model::Client shaped = TRY(shape_client(metadata, *before.policy, bounds, realm.policy));
  const bool is_its_own = managed.registration.shaped == mark_of(*before.policy);
  Registered changed{.client = before, .registration = std::move(managed.registration)};
  changed.client.policy = shaped.policy;
  changed.client.is_public = shaped.is_public;
  auto& policy = changed.client.policy.edit();
  policy.token_endpoint_audience = before.policy->token_endpoint_audience;
  policy.redirect_trailing_star = before.policy->redirect_trailing_star;
  changed.registration.about = json::serialize(metadata.about);
  // Once an operator has changed it, it never gets more by itself again.
  changed.registration.shaped = is_its_own ? mark_of(*changed.client.policy) : "";
  changed.registration_token = std::move(managed.registration_token);

  std::vector<store::Change> changes{
      store::PutClient{.client = changed.client, .keeps_enabled = true, .narrows = narrows(before, changed.client), .was = before},
      store::PutRegistration{changed.registration}};
  if (ends_tokens(before, changed.client))
    changes.emplace_back(
        store::Revoke{.kind = RevocationKind::client, .id = before.handle, .ends = false, .prune_after_s = base::to_s(turn.now)});
  if (!has_secret(changed.client)) end_secrets(*managed.entry, changes);
  if (has_secret(changed.client) && managed.entry->secrets.empty()) {
    auto secret = services_.hasher.generate(before.handle, turn.now, 0);
    changes.emplace_back(store::AddSecret{secret.record});
    changed.secret = std::move(secret.text);
  }
  TRY(commit(changes, audit_of(before, request, managed.actor, "client.put", turn), turn));
  return changed;
}

void Registrar::end_secrets(const clients::ClientEntry& entry, std::vector<store::Change>& changes) const {
  for (const auto& secret : entry.secrets) {
    changes.emplace_back(store::EndSecret{secret.handle});
    changes.emplace_back(store::Revoke{.kind = RevocationKind::secret, .id = secret.handle, .ends = false, .prune_after_s = 1});
  }
}

Result<Registered> Registrar::renew_secret(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const {
  Managed managed = TRY(find_managed(realm, request, turn));
  const model::Client& client = managed.entry->client;
  if (!has_secret(client)) return refuse_member("token_endpoint_auth_method", "is one without a secret");
  auto secret = services_.hasher.generate(client.handle, turn.now, 0);
  std::vector<store::Change> changes;
  end_secrets(*managed.entry, changes);
  changes.emplace_back(store::AddSecret{secret.record});
  TRY(commit(changes, audit_of(client, request, managed.actor, "secret.regenerate", turn), turn));
  return Registered{.client = client,
                    .registration = std::move(managed.registration),
                    .secret = std::move(secret.text),
                    .registration_token = std::move(managed.registration_token)};
}

Status Registrar::remove(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const {
  const Managed managed = TRY(find_managed(realm, request, turn));
  const model::Client& client = managed.entry->client;
  return commit({store::RemoveClient{client.handle}}, audit_of(client, request, managed.actor, "client.remove", turn), turn);
}

Status Registrar::commit(const std::vector<store::Change>& changes, const store::AuditRecord& audit, const Turn& turn) const {
  if (const auto done = services_.revocations.commit(turn, changes, {audit}); !done) return std::unexpected(done.error());
  return {};
}

}  // namespace tessera::registration
