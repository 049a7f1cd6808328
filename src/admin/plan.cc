#include "admin/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <functional>
#include <set>

#include "admin/ending.h"
#include "admin/signing_needs.h"
#include "config/duration.h"
#include "keys/rotation.h"
#include "policy/sector.h"
#include "store/each.h"

namespace tessera::admin {
namespace {

using model::RevocationKind;

/// Beyond so many holders one entry for the whole realm says it.
constexpr std::size_t kHoldersMax = 1'000;

std::string text_of(const boost::json::value& value) { return boost::json::serialize(value); }

bool shares_word(const std::vector<std::string>& words, const std::set<std::string>& with) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return with.contains(word); });
}

/// By whose subjects a client knows users: those that all share, or its sector's.
std::string known_by(const model::ClientPolicy& policy) {
  return policy.subject_type == model::SubjectType::pairwise ? policy::sector_of(policy) : std::string();
}

/// One realm's plan in the making.
class Planner {
 public:
  Planner(const Services& services, const DeclaredRealm& declared, bool prune)
      : services_(services), declared_(declared), prune_(prune), turn_(turn_of(services)) {}

  Result<RealmPlan> plan() {
    TRY(plan_realm());
    for (const auto& client : declared_.clients) TRY(plan_client(client));
    TRY(plan_keys());
    for (const auto& user : declared_.users) TRY(plan_user(user));
    if (prune_ && !plan_.is_new) TRY(plan_removals());
    TRY(check_registration());
    TRY(plan_lost_permissions());
    return std::move(plan_);
  }

 private:
  void line(char sign, std::string text) { plan_.lines.push_back({sign, std::move(text)}); }
  void change(store::Change change) { plan_.changes.push_back(std::move(change)); }
  void audit(std::string action, std::string object, const boost::json::object& detail = {}) {
    plan_.audit.push_back(audit_of(before_.id, turn_.now, std::move(action), std::move(object), detail));
  }
  std::unexpected<Error> refuse(const std::string& where, std::string_view what) {
    return fail(Reason::config_invalid, fmt::format("{}: {}", where, what));
  }

  /// Adds a line for every field that differs; says which, and whether any takes something away.
  template <class Policy>
  struct Difference {
    boost::json::array fields;
    bool shrinks = false;
  };
  template <class Policy>
  Difference<Policy> compare(std::string_view what, const Policy& before, const Policy& after) {
    Difference<Policy> difference;
    for (const auto& field : fields_of<Policy>()) {
      if (!field.differs(before, after)) continue;
      line('~', fmt::format("{}: {} {} -> {}", what, field.name, text_of(field.show(before)), text_of(field.show(after))));
      difference.fields.emplace_back(field.name);
      difference.shrinks |= field.shrinks && field.shrinks(before, after);
    }
    return difference;
  }
  bool compare_flag(std::string_view what, std::string_view name, bool before, bool after) {
    if (before != after) line('~', fmt::format("{}: {} {} -> {}", what, name, before, after));
    return before != after;
  }

  Status plan_realm();
  void plan_roles();
  Status plan_keys();
  Status plan_pairwise_secret(const std::vector<store::KeyRecord>& keys);
  Status plan_client(const DeclaredClient& declared);
  void plan_new_client(const DeclaredClient& declared, model::Client client);
  void plan_changed_client(const model::Client& before, const model::Client& after);
  Status check_client(const DeclaredClient& declared, const model::Client& client);
  Status check_scopes(const DeclaredClient& declared, const model::Client& client);
  Status check_registration();
  Status plan_user(const DeclaredUser& declared);
  Status check_sub(const DeclaredUser& declared, const Handle& current);
  void plan_changed_user(const model::User& before, const model::User& after);
  Status plan_removal(const model::Client& client);
  Status plan_removals();
  Status plan_lost_permissions();

  const Services& services_;
  const DeclaredRealm& declared_;
  const bool prune_;
  const Turn turn_;
  model::Realm before_;  ///< as it stands; id 0 when it is new
  RealmPlan plan_;
  std::set<std::string> algs_;  ///< that what the declared clients are given is signed by
  bool has_pairwise_ = false;   ///< among the declared clients
  std::set<std::string> suspended_clients_;
  std::set<std::string> suspended_users_;
};

Status Planner::plan_realm() {
  const auto realms = TRY(services_.config.realms());
  const auto found = std::find_if(realms.begin(), realms.end(), [&](const auto& realm) { return realm.name == declared_.name; });
  plan_.is_new = found == realms.end();
  if (plan_.is_new) {
    before_.name = declared_.name;
    before_.handle = Handle::random();
  } else {
    before_ = *found;
  }
  plan_.realm = before_;
  if (prune_) plan_.realm.policy = {};
  declared_.policy.apply_to(plan_.realm.policy);
  if (declared_.enabled) plan_.realm.enabled = *declared_.enabled;

  const std::string what = "realm " + declared_.name;
  if (plan_.is_new) line('+', fmt::format("{} ({})", what, plan_.realm.policy.signing_alg));
  plan_.realm.policy.roles = before_.policy.roles;
  plan_roles();
  const bool same = !plan_.is_new && plan_.realm.policy == before_.policy && plan_.realm.enabled == before_.enabled;
  if (same) return {};

  boost::json::object detail;
  bool ends_tokens = false;
  if (!plan_.is_new) {
    const auto difference = compare(what, before_.policy, plan_.realm.policy);
    detail["fields"] = difference.fields;
    compare_flag(what, "enabled", before_.enabled, plan_.realm.enabled);
    const bool cap_lowered = plan_.realm.policy.max_ttl_s < before_.policy.max_ttl_s;
    ends_tokens = cap_lowered || (before_.enabled && !plan_.realm.enabled);
  }
  change(store::PutRealm{plan_.realm});
  audit("realm.put", "realm:" + declared_.name, detail);
  // Kept by the cap as it was: tokens up to the old one may be out.
  if (ends_tokens) change(suspend(RevocationKind::realm, before_.handle, last_expiry_s(before_, turn_.now)));
  return {};
}

void Planner::plan_roles() {
  auto& roles = plan_.realm.policy.roles;
  const auto named = [](std::string_view name) { return [name](const auto& role) { return role.name == name; }; };
  for (const auto& [role, where] : declared_.roles) {
    const auto found = std::find_if(roles.begin(), roles.end(), named(role.name));
    if (found == roles.end()) {
      line('+', fmt::format("role {} {}", role.name, text_of(boost::json::value_from(role.permissions))));
      roles.push_back(role);
      continue;
    }
    if (found->client != role.client) {
      line('~', fmt::format("role {}: client \"{}\" -> \"{}\"", role.name, found->client, role.client));
      found->client = role.client;
    }
    if (found->permissions != role.permissions) {
      line('~', fmt::format("role {}: permissions {} -> {}", role.name, text_of(boost::json::value_from(found->permissions)),
                            text_of(boost::json::value_from(role.permissions))));
      found->permissions = role.permissions;
    }
  }
  if (!prune_) return;
  std::erase_if(roles, [&](const model::Role& role) {
    const auto same = [&](const DeclaredRole& declared) { return declared.role.name == role.name; };
    const bool gone = std::none_of(declared_.roles.begin(), declared_.roles.end(), same);
    if (gone) line('-', "role " + role.name);
    return gone;
  });
}

/// A realm without keys is new, or was left so by a crash; each algorithm that it or a client signs by needs a key of its own.
Status Planner::plan_keys() {
  if (plan_.is_new) return {};
  const auto keys = TRY(services_.config.keys(before_.id));
  const std::string& own = plan_.realm.policy.signing_alg;
  algs_.insert(own);
  for (const auto& alg : missing_algs(keys, algs_)) {
    const bool first = keys.empty() && alg == own;
    const auto added = first ? TRY(services_.keyring.first_keys(before_.id, alg, turn_.now))
                             : TRY(services_.keyring.rotate(before_.id, alg, last_expiry_s(before_, turn_.now), turn_.now));
    for (const auto& item : added) change(item);
    line('+', fmt::format("{} signing key", alg));
    audit("key.put", "realm:" + declared_.name, {{"alg", alg}});
  }
  return plan_pairwise_secret(keys);
}

Status Planner::plan_pairwise_secret(const std::vector<store::KeyRecord>& keys) {
  using State = store::KeyRecord::State;
  if (!has_pairwise_ || keys::newest(keys, keys::kPairwise, State::signing)) return {};
  change(store::PutKey{TRY(services_.keyring.make_key(before_.id, keys::kPairwise, State::signing, turn_.now))});
  line('+', "secret of pairwise subjects");
  audit("key.put", "realm:" + declared_.name, {{"alg", keys::kPairwise}});
  return {};
}

Status Planner::check_scopes(const DeclaredClient& declared, const model::Client& client) {
  const auto& realm = plan_.realm.policy;
  std::set<std::string> known(realm.scopes.begin(), realm.scopes.end());
  std::set<std::string> own(client.policy->scopes.begin(), client.policy->scopes.end());
  for (const auto& role : realm.roles) {
    known.insert(role.permissions.begin(), role.permissions.end());
    const auto& roles = client.policy->roles;
    if (std::find(roles.begin(), roles.end(), role.name) != roles.end()) own.insert(role.permissions.begin(), role.permissions.end());
  }
  for (const auto& word : client.policy->scopes)
    if (!known.contains(word))
      return refuse(declared.where, fmt::format("client {}: scope \"{}\" is unknown to realm {}; add it to scopes of [realm]",
                                                client.client_id, word, declared_.name));
  for (const auto& word : client.policy->default_scopes)
    if (!own.contains(word))
      return refuse(declared.where,
                    fmt::format("client {}: default scope \"{}\" is not among its scopes; add it there too", client.client_id, word));
  return {};
}

Status Planner::check_client(const DeclaredClient& declared, const model::Client& client) {
  const auto& policy = *client.policy;
  TRY(check_scopes(declared, client));
  for (const auto& name : policy.roles) {
    const auto& roles = plan_.realm.policy.roles;
    if (std::none_of(roles.begin(), roles.end(), [&](const auto& role) { return role.name == name; }))
      return refuse(declared.where,
                    fmt::format("client {}: no role \"{}\" in realm {}; declare it with [[role]]", client.client_id, name, declared_.name));
  }
  if (policy.subject_type == model::SubjectType::pairwise)
    if (const auto fault = policy::sector_fault(policy); !fault.empty())
      return refuse(declared.where, fmt::format("client {}: subject_type can't be pairwise: it {}", client.client_id, fault));
  const auto& auth_method = policy.token_endpoint_auth_method;
  if (client.is_public && !auth_method.empty())
    return refuse(declared.where, fmt::format("client {}: a public client does not authenticate; remove token_endpoint_auth_method, or "
                                              "public = true",
                                              client.client_id));
  if (!policy.jwks.empty() && !policy.jwks_uri.empty())
    return refuse(declared.where,
                  fmt::format("client {}: jwks and jwks_uri say twice what its keys are; write \"\" for the one that it no longer has",
                              client.client_id));
  if (auth_method == "private_key_jwt" && policy.jwks.empty() && policy.jwks_uri.empty())
    return refuse(declared.where,
                  fmt::format("client {}: private_key_jwt needs the client's public keys; write jwks, or jwks_uri", client.client_id));
  const auto grants = [&](std::string_view grant) {
    return std::find(policy.grants.begin(), policy.grants.end(), grant) != policy.grants.end();
  };
  if (client.is_public && grants("client_credentials"))
    return refuse(declared.where, fmt::format("client {}: a public client can't use client_credentials; remove the grant, or public = true",
                                              client.client_id));
  if (client.is_public && grants("refresh_token") && policy.refresh_mode != model::RefreshMode::rotate &&
      !policy.public_refresh_without_rotation)
    return refuse(declared.where,
                  fmt::format("client {}: a public client refreshes without rotation only with public_refresh_without_rotation = true; "
                              "write that, or refresh_mode = \"rotate\"",
                              client.client_id));
  if (policy.access_ttl_s > plan_.realm.policy.max_ttl_s)
    return refuse(declared.where, fmt::format("client {}: access_ttl is beyond the realm's max_ttl; lower it", client.client_id));
  return {};
}

Status Planner::plan_client(const DeclaredClient& declared) {
  model::Client before;
  bool exists = false;
  if (!plan_.is_new) {
    auto found = services_.config.find_client(turn_, before_.id, declared.id);
    if (!found && found.error().reason != Reason::record_missing) return std::unexpected(found.error());
    exists = found.has_value();
    if (exists) before = std::move(*found);
  }
  model::Client after = before;
  if (prune_) after.policy = model::ClientPolicy{};
  declared.policy.apply_to(after.policy.edit());
  if (declared.is_public) after.is_public = *declared.is_public;
  if (declared.enabled) after.enabled = *declared.enabled;
  after.client_id = declared.id;
  TRY(check_client(declared, after));
  add_algs(*after.policy, algs_);
  has_pairwise_ |= after.policy->subject_type == model::SubjectType::pairwise;
  if (exists)
    plan_changed_client(before, after);
  else
    plan_new_client(declared, std::move(after));
  return {};
}

Status Planner::check_registration() {
  const auto& policy = plan_.realm.policy;
  const auto& scope = policy.registration_scope;
  if (!scope.empty() && std::find(policy.scopes.begin(), policy.scopes.end(), scope) == policy.scopes.end())
    return refuse(declared_.where,
                  fmt::format("realm {}: registration_scope \"{}\" is none of its scopes; add it there", declared_.name, scope));
  const auto& id = policy.registration_template;
  if (id.empty() || std::any_of(declared_.clients.begin(), declared_.clients.end(), [&](const auto& client) { return client.id == id; }))
    return {};
  if (!prune_ && !plan_.is_new && services_.config.find_client(turn_, before_.id, id)) return {};
  return refuse(declared_.where, fmt::format("realm {}: registration_template \"{}\" is no client; declare one that bounds what others may "
                                             "register, with enabled = false",
                                             declared_.name, id));
}

void Planner::plan_new_client(const DeclaredClient& declared, model::Client client) {
  client.handle = Handle::random();
  client.realm = before_.id;
  line('+', fmt::format("client {} ({}grants {}, access_ttl {})", declared.id, client.is_public ? "public, " : "",
                        text_of(boost::json::value_from(client.policy->grants)), config::format_duration_s(client.policy->access_ttl_s)));
  audit("client.put", "client:" + declared.id, {{"created", true}});
  change(store::PutClient{std::move(client)});
}

void Planner::plan_changed_client(const model::Client& before, const model::Client& after) {
  const std::string what = "client " + after.client_id;
  auto difference = compare(what, *before.policy, *after.policy);
  const bool disabled = compare_flag(what, "enabled", before.enabled, after.enabled) && !after.enabled;
  const bool closed = compare_flag(what, "public", before.is_public, after.is_public) && !after.is_public;
  if (before.policy == after.policy && before.enabled == after.enabled && before.is_public == after.is_public) return;
  change(store::PutClient{.client = after, .was = before});
  audit("client.put", "client:" + after.client_id, {{"fields", std::move(difference.fields)}, {"enabled", after.enabled}});
  if (known_by(*before.policy) != known_by(*after.policy)) line('~', fmt::format("{}: knows every user by another sub", what));
  // Tokens of the longer lifetime are still out: what is pruned later must know of them.
  if (after.policy->access_ttl_s < before.policy->access_ttl_s)
    change(store::RaiseMaxExpiry{before.handle, last_expiry_s(before, turn_.now)});
  if (!difference.shrinks && !disabled && !closed) return;
  change(suspend(RevocationKind::client, before.handle, last_expiry_s(before, turn_.now)));
  suspended_clients_.insert(before.client_id);
  line('-', fmt::format("access tokens of client {}", after.client_id));
}

/// A `sub` is for life: clients know the user by it.
Status Planner::check_sub(const DeclaredUser& declared, const Handle& current) {
  if (current == declared.sub) return {};
  if (current)
    return refuse(declared.where,
                  fmt::format("user {}: tokens know this user by the sub {}, which can't change; write that, or leave it out",
                              declared.username, current.uuid()));
  const auto other = services_.config.find_user(turn_, declared.sub);
  if (!other && other.error().reason == Reason::record_missing) return {};
  if (!other) return std::unexpected(other.error());
  return refuse(declared.where, fmt::format("user {}: another user has this sub; leave it out", declared.username));
}

Status Planner::plan_user(const DeclaredUser& declared) {
  model::User before;
  bool exists = false;
  if (!plan_.is_new) {
    auto found = services_.config.find_user(turn_, before_.id, declared.username);
    if (!found && found.error().reason != Reason::record_missing) return std::unexpected(found.error());
    exists = found.has_value();
    if (exists) before = std::move(*found);
  }
  if (declared.sub) TRY(check_sub(declared, exists ? before.handle : Handle{}));
  model::User after = before;
  if (prune_) after.profile = {};
  declared.profile.apply_to(after.profile);
  if (declared.enabled) after.enabled = *declared.enabled;
  const auto& roles = plan_.realm.policy.roles;
  for (const auto& name : after.profile.roles)
    if (std::none_of(roles.begin(), roles.end(), [&](const auto& role) { return role.name == name; }))
      return refuse(declared.where,
                    fmt::format("user {}: no role \"{}\" in realm {}; declare it with [[role]]", declared.username, name, declared_.name));
  if (exists) {
    plan_changed_user(before, after);
    return {};
  }
  after.handle = declared.sub ? declared.sub : Handle::random();
  after.realm = before_.id;
  after.username = declared.username;
  line('+', fmt::format("user {} (no password yet)", declared.username));
  audit("user.put", "user:" + declared.username, {{"created", true}});
  change(store::PutUser{std::move(after)});
  return {};
}

void Planner::plan_changed_user(const model::User& before, const model::User& after) {
  const std::string what = "user " + after.username;
  auto difference = compare(what, before.profile, after.profile);
  const bool disabled = compare_flag(what, "enabled", before.enabled, after.enabled) && !after.enabled;
  if (before.profile == after.profile && before.enabled == after.enabled) return;
  // Whoever chooses a password while we plan keeps it.
  change(store::PutUser{.user = after, .was = before, .keeps_password = true});
  audit("user.put", "user:" + after.username, {{"fields", std::move(difference.fields)}, {"enabled", after.enabled}});
  if (!difference.shrinks && !disabled) return;
  change(suspend(RevocationKind::user, before.handle, last_expiry_s(before_, turn_.now)));
  suspended_users_.insert(before.username);
  line('-', fmt::format("access tokens of user {}", after.username));
}

/// One that registered itself is in no file, and stays.
Status Planner::plan_removal(const model::Client& client) {
  const auto registration = services_.registrations.find_registration(turn_, client.handle);
  if (registration) return {};
  if (registration.error().reason != Reason::record_missing) return std::unexpected(registration.error());
  line('-', "client " + client.client_id + ", its secrets and tokens");
  change(revoke(RevocationKind::client, client.handle, last_expiry_s(client, turn_.now)));
  change(store::RemoveClient{client.handle});
  audit("client.remove", "client:" + client.client_id);
  suspended_clients_.insert(client.client_id);
  return {};
}

Status Planner::plan_removals() {
  std::set<std::string_view> clients;
  for (const auto& client : declared_.clients) clients.insert(client.id);
  TRY(store::for_each_client(services_.config, before_.id, [&](const model::Client& client) {
    return clients.contains(client.client_id) ? Status{} : plan_removal(client);
  }));
  std::set<std::string_view> users;
  for (const auto& user : declared_.users) users.insert(user.username);
  return store::for_each_user(services_.config, before_.id, [&](const model::User& user) {
    if (users.contains(user.username)) return;
    line('-', "user " + user.username + ", their sessions and tokens");
    change(revoke(RevocationKind::user, user.handle, last_expiry_s(before_, turn_.now)));
    change(store::RemoveUser{user.handle});
    audit("user.remove", "user:" + user.username);
    suspended_users_.insert(user.username);
  });
}

/// A role that loses a permission, a scope that leaves the realm, and a scope that from now on needs a role (RBAC: a scope that any role
/// grants is held through a role only) take something away from holders that the files need not mention.
Status Planner::plan_lost_permissions() {
  if (plan_.is_new) return {};
  std::set<std::string> roles;
  std::set<std::string> gated;
  std::set<std::string> words;
  for (const auto& role : before_.policy.roles) {
    gated.insert(role.permissions.begin(), role.permissions.end());
    const auto& after = plan_.realm.policy.roles;
    const auto found = std::find_if(after.begin(), after.end(), [&](const auto& other) { return other.name == role.name; });
    if (found == after.end() || loses_word(role.permissions, found->permissions)) roles.insert(role.name);
  }
  for (const auto& role : plan_.realm.policy.roles)
    for (const auto& word : role.permissions)
      if (!gated.contains(word)) words.insert(word);
  const auto& scopes = plan_.realm.policy.scopes;
  for (const auto& word : before_.policy.scopes)
    if (std::find(scopes.begin(), scopes.end(), word) == scopes.end()) words.insert(word);
  if (roles.empty() && words.empty()) return {};

  std::vector<store::Change> entries;
  std::vector<std::string> holders;
  TRY(store::for_each_client(services_.config, before_.id, [&](const model::Client& client) {
    if (suspended_clients_.contains(client.client_id) || holders.size() > kHoldersMax) return;
    if (!shares_word(client.policy->roles, roles) && !shares_word(client.policy->scopes, words)) return;
    holders.push_back("client " + client.client_id);
    entries.push_back(suspend(RevocationKind::client, client.handle, last_expiry_s(client, turn_.now)));
  }));
  TRY(store::for_each_user(services_.config, before_.id, [&](const model::User& user) {
    if (suspended_users_.contains(user.username) || holders.size() > kHoldersMax) return;
    if (!shares_word(user.profile.roles, roles)) return;
    holders.push_back("user " + user.username);
    entries.push_back(suspend(RevocationKind::user, user.handle, last_expiry_s(before_, turn_.now)));
  }));
  if (holders.size() > kHoldersMax) {
    holders = {"every client of realm " + declared_.name};
    entries = {suspend(RevocationKind::realm, before_.handle, last_expiry_s(before_, turn_.now))};
  }
  for (const auto& holder : holders) line('-', "access tokens of " + holder);
  for (auto& entry : entries) change(std::move(entry));
  return {};
}

}  // namespace

Result<RealmPlan> plan_realm(const Services& services, const DeclaredRealm& declared, bool prune) {
  return Planner(services, declared, prune).plan();
}

}  // namespace tessera::admin
