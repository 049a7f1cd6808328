#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/user.h"

namespace tessera::policy {

inline constexpr int kScopeWordsMax = 100;

/// Splits a scope parameter (RFC 6749, 3.3). Words in the order given, repeated ones once. Parsing stops at word 101.
/// Errors: scope_malformed, scope_too_many.
Result<std::vector<std::string>> split_scope(std::string_view scope);

/// Whether a granted scope holds that word.
bool has_scope_word(std::string_view scope, std::string_view word);
/// Whether `granted` has every word of `scope`.
bool covers(std::string_view granted, std::string_view scope);

/// Whom a token would speak for.
struct ScopeHolder {
  const model::Realm& realm;
  const model::Client& client;
  const model::User* user = nullptr;             ///< null for the client itself
  std::optional<std::string_view> granted = {};  ///< what the authorization held before (a refresh): the result never exceeds it
};

/// The scope that is granted: what was asked, never more than the client is allowed, what the holder's roles permit, and what was granted
/// before. Nothing asked: the client's defaults, or what was granted before, less what is no longer held.
/// Errors: scope_invalid for an asked word that is not held, scope_malformed, scope_too_many.
Result<std::string> decide_scope(const ScopeHolder& holder, std::optional<std::string_view> asked);

/// The words asked for, with those that the client gets in any case: openid, its default scopes, the rest (Keycloak's order). Errors:
/// scope_malformed, scope_too_many.
Result<std::string> add_default_scopes(const model::ClientPolicy& client, std::string_view asked);

/// The roles that the holder has in the realm and that the client may pass on.
std::vector<const model::Role*> held_roles(const ScopeHolder& holder);
/// Their names.
std::vector<std::string> roles_of(const ScopeHolder& holder);

/// What a role is called among its client's own: without "CLIENT:" before it.
std::string_view short_name(const model::Role& role);

}  // namespace tessera::policy
