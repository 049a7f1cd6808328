#pragma once

#include "base/result.h"
#include "model/token.h"

namespace tessera::grants {

/// The one gate: realm, client, user, session and family of an authorization are in force at `now`, and nothing in it was issued before a
/// not-before. Errors: realm_disabled, client_disabled, user_disabled, session_ended, refresh_ended, refresh_expired, refresh_stale.
Status require_live(const model::Authorization& authorization, TimePoint now);

}  // namespace tessera::grants
