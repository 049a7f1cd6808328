#pragma once

#include "grants/grant.h"

namespace tessera::grants {

/// Session and family for a user who has just been authenticated, not stored yet; `consume` opens them. Where the client may not
/// use refresh tokens there is a session all the same, since sid and its ending are part of what the user gets.
void begin_session(model::Authorization& authorization, const GrantRequest& request);

/// Turns them into offline ones, once offline_access was granted: no absolute end, and an idle lifetime of 30 days (Keycloak's default).
void begin_offline(model::Authorization& authorization);

}  // namespace tessera::grants
