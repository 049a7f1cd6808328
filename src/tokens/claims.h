// What an access token says, by claims profile. A profile is one file and one line in profiles.def.
#pragma once

#include <string>
#include <string_view>

#include "jose/json.h"
#include "model/token.h"

namespace tessera::tokens {

/// What a profile writes from.
struct ClaimsInput {
  const model::Authorization& authorization;
  std::string_view issuer;
  std::string_view subject;  ///< `sub`
  Handle jti;
  std::int64_t issued_at_s;
  model::Rev rev;
};

/// How a profile looks. `write` adds every claim but lineage, rev, what userinfo may tell and the custom ones, which no profile can drop or
/// shadow.
struct ClaimsProfile {
  std::string_view name;
  bool access_token_typ;  ///< JOSE typ "at+jwt" (RFC 9068); else "JWT" with a `typ` claim
  void (*write)(jose::JsonWriter& claims, const ClaimsInput& input);
  std::string (*client_subject)(const model::Client& client);  ///< `sub` where the client speaks for itself
};

/// Null when there is none of that name.
const ClaimsProfile* find_profile(std::string_view name);

/// The subject of a client that speaks for itself: its client_id (RFC 9068, 2.2).
std::string client_id_of(const model::Client& client);

/// `aud` as a bare string when single, as an array else; nothing when `audience` is empty.
void write_audience(jose::JsonWriter& claims, const std::vector<std::string>& audience);

/// A JSON array of strings.
std::string string_array(const std::vector<std::string>& items);

/// The whole payload of an access token.
std::string access_claims(const ClaimsProfile& profile, const ClaimsInput& input);

}  // namespace tessera::tokens
