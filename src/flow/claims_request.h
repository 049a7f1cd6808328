// The `claims` parameter of an authorization request (OpenID Connect Core, 5.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::flow {

/// What single claims a client asks for.
struct ClaimsRequest {
  std::string claims;                 ///< about the person, as policy/claims.h keeps them, each once
  std::vector<std::string> subjects;  ///< the users who are meant, by the `sub` that the client knows; empty: whoever signs in
};

/// Reads it: at most 2,048 bytes. What nobody knows is passed over, as the specification wants. Errors: claims_invalid; acr_unmet where the
/// client insists on another acr than the one that there is.
Result<ClaimsRequest> read_claims_request(std::string_view text);

}  // namespace tessera::flow
