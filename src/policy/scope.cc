#include "policy/scope.h"

#include <algorithm>

namespace tessera::policy {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kOpenid = "openid";

bool contains(const Words& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

/// scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) (RFC 6749, 3.3).
bool is_scope_word(std::string_view word) {
  const auto allowed = [](char c) { return c >= 0x21 && c <= 0x7E && c != '"' && c != '\\'; };
  return !word.empty() && std::all_of(word.begin(), word.end(), allowed);
}

const Words& own_roles(const ScopeHolder& holder) { return holder.user ? holder.user->profile.roles : holder.client.policy->roles; }

/// The client must be registered for the word; and a word that any role of the realm grants is held through a role only (RBAC).
bool holds(const ScopeHolder& holder, std::string_view word) {
  if (!contains(holder.client.policy->scopes, word)) return false;
  bool granted_by_some_role = false;
  for (const model::Role& role : holder.realm.policy.roles) {
    if (!contains(role.permissions, word)) continue;
    if (contains(own_roles(holder), role.name)) return true;
    granted_by_some_role = true;
  }
  return !granted_by_some_role;
}

/// What the log may say of a word: one that is registered helps the operator, any other is an outsider's text.
std::string tellable(const ScopeHolder& holder, const std::string& word) {
  const bool registered = contains(holder.realm.policy.scopes, word) || contains(holder.client.policy->scopes, word);
  return registered ? word : "a word that is registered nowhere";
}

std::string join(const Words& words) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return joined;
}

}  // namespace

Result<std::vector<std::string>> split_scope(std::string_view scope) {
  Words words;
  if (scope.empty()) return words;
  for (int count = 1;; ++count) {
    if (count > kScopeWordsMax) return fail(Reason::scope_too_many);
    const std::size_t end = scope.find(' ');
    const std::string_view word = scope.substr(0, end);
    if (!is_scope_word(word)) return fail(Reason::scope_malformed);
    if (!contains(words, word)) words.emplace_back(word);
    if (end == std::string_view::npos) return words;
    scope.remove_prefix(end + 1);
  }
}

Result<std::string> decide_scope(const ScopeHolder& holder, std::optional<std::string_view> asked) {
  const Words before = TRY(split_scope(holder.granted.value_or("")));
  if (!asked) {
    Words held = holder.granted ? before : holder.client.policy->default_scopes;
    std::erase_if(held, [&](const std::string& word) { return !holds(holder, word); });
    return join(held);
  }
  const Words words = TRY(split_scope(*asked));
  for (const std::string& word : words)
    if (!holds(holder, word) || (holder.granted && !contains(before, word))) return fail(Reason::scope_invalid, tellable(holder, word));
  // What nobody asked for by name is left out where it is not held.
  const std::string wanted = TRY(add_default_scopes(*holder.client.policy, *asked));
  Words all = TRY(split_scope(wanted));
  std::erase_if(all, [&](const std::string& word) { return !holds(holder, word) || (holder.granted && !contains(before, word)); });
  return join(all);
}

Result<std::string> add_default_scopes(const model::ClientPolicy& client, std::string_view asked) {
  const Words words = TRY(split_scope(asked));
  if (!client.default_scopes_always) return std::string(asked);
  Words all;
  if (contains(words, kOpenid)) all.emplace_back(kOpenid);
  for (const Words* more : {&client.default_scopes, &words})
    for (const std::string& word : *more)
      if (!contains(all, word)) all.push_back(word);
  return join(all);
}

std::vector<const model::Role*> held_roles(const ScopeHolder& holder) {
  // A user's role speaks for all of its permissions: a client that is not registered for each of them may not pass it on.
  const auto may_pass_on = [&](const model::Role& role) {
    return !holder.user || std::all_of(role.permissions.begin(), role.permissions.end(),
                                       [&](const std::string& word) { return contains(holder.client.policy->scopes, word); });
  };
  std::vector<const model::Role*> held;
  for (const model::Role& role : holder.realm.policy.roles)
    if (contains(own_roles(holder), role.name) && may_pass_on(role)) held.push_back(&role);
  return held;
}

std::vector<std::string> roles_of(const ScopeHolder& holder) {
  Words names;
  for (const model::Role* role : held_roles(holder)) names.push_back(role->name);
  return names;
}

std::string_view short_name(const model::Role& role) {
  const std::string_view name = role.name;
  return role.client.empty() ? name : name.substr(role.client.size() + 1);
}

bool has_scope_word(std::string_view scope, std::string_view word) {
  while (!scope.empty()) {
    const auto end = std::min(scope.find(' '), scope.size());
    if (scope.substr(0, end) == word) return true;
    scope.remove_prefix(std::min(end + 1, scope.size()));
  }
  return false;
}

bool covers(std::string_view granted, std::string_view scope) {
  const auto words = split_scope(scope);
  return words && std::all_of(words->begin(), words->end(), [&](const auto& word) { return has_scope_word(granted, word); });
}

}  // namespace tessera::policy
