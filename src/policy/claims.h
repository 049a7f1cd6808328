// Which claims about a person a client may be told: by scope (OpenID Connect Core, 5.4), or one by one (5.5). The latter are kept as words,
// "id_token:email userinfo:phone_number": where to tell it, and what.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/scope.h"

namespace tessera::policy {

struct PersonClaim {
  std::string_view name;
  std::string_view scope;  ///< the word that stands for it
};

/// All that there are, in the order in which they are told.
std::span<const PersonClaim> person_claims();
/// Null for a claim that says nothing of a person, or that nobody knows.
const PersonClaim* find_person_claim(std::string_view name);

inline constexpr std::string_view kInIdToken = "id_token";
inline constexpr std::string_view kInUserinfo = "userinfo";

/// Those of `claims` for one place, without it: "email phone_number".
std::string claims_in(std::string_view place, std::string_view claims);
/// The scope words that stand for them, each once: who agrees to these agrees to the claims.
std::string scope_of_claims(std::string_view claims);
/// Those that the holder may be told: client and user hold the scope that stands for them. Nothing that was asked is an error (5.5.1).
/// Errors: scope_malformed, scope_too_many.
Result<std::string> decide_claims(const ScopeHolder& holder, std::string_view asked);

}  // namespace tessera::policy
