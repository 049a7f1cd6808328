#include "policy/claims.h"

#include <algorithm>
#include <iterator>

namespace tessera::policy {
namespace {

constexpr PersonClaim kPersonClaims[] = {{"name", "profile"},         {"preferred_username", "profile"},
                                         {"given_name", "profile"},   {"family_name", "profile"},
                                         {"middle_name", "profile"},  {"nickname", "profile"},
                                         {"profile", "profile"},      {"picture", "profile"},
                                         {"website", "profile"},      {"gender", "profile"},
                                         {"birthdate", "profile"},    {"zoneinfo", "profile"},
                                         {"locale", "profile"},       {"email", "email"},
                                         {"email_verified", "email"}, {"address", "address"},
                                         {"phone_number", "phone"}};

/// Calls `take` with the place and the claim of each word.
template <class Take>
void each_claim(std::string_view claims, Take take) {
  while (!claims.empty()) {
    const auto end = std::min(claims.find(' '), claims.size());
    const auto word = claims.substr(0, end);
    claims.remove_prefix(std::min(end + 1, claims.size()));
    const auto colon = word.find(':');
    if (colon != std::string_view::npos) take(word.substr(0, colon), word.substr(colon + 1));
  }
}

void append_word(std::string& words, std::string_view word) {
  if (!words.empty()) words += ' ';
  words += word;
}

}  // namespace

std::span<const PersonClaim> person_claims() { return kPersonClaims; }

const PersonClaim* find_person_claim(std::string_view name) {
  const auto* const found = std::ranges::find(kPersonClaims, name, &PersonClaim::name);
  return found == std::end(kPersonClaims) ? nullptr : found;
}

std::string claims_in(std::string_view place, std::string_view claims) {
  std::string names;
  each_claim(claims, [&](std::string_view in, std::string_view name) {
    if (in == place) append_word(names, name);
  });
  return names;
}

std::string scope_of_claims(std::string_view claims) {
  std::string scope;
  each_claim(claims, [&](std::string_view, std::string_view name) {
    const auto* const claim = find_person_claim(name);
    if (claim && !has_scope_word(scope, claim->scope)) append_word(scope, claim->scope);
  });
  return scope;
}

Result<std::string> decide_claims(const ScopeHolder& holder, std::string_view asked) {
  const std::string words = scope_of_claims(asked);
  if (words.empty()) return std::string();
  ScopeHolder of_claims = holder;
  of_claims.granted = words;
  const std::string held = TRY(decide_scope(of_claims, std::nullopt));
  std::string told;
  each_claim(asked, [&](std::string_view place, std::string_view name) {
    const auto* const claim = find_person_claim(name);
    if (claim && has_scope_word(held, claim->scope)) append_word(told, std::string(place) + ':' + std::string(name));
  });
  return told;
}

}  // namespace tessera::policy
