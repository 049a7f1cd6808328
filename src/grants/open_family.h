#pragma once

#include "grants/grant.h"

namespace tessera::grants {

/// A session for a user who has just been authenticated, and its place in the lineage; not stored yet: `consume` opens it.
void begin_session(model::Authorization& authorization, TimePoint now);

/// A family in the authorization's session, likewise. Where the client may not use refresh tokens there is one all the same: what was
/// issued with it ends with it.
void begin_family(model::Authorization& authorization, TimePoint now);

/// Turns both into offline ones, once offline_access was granted: no absolute end, and an idle lifetime of 30 days (Keycloak's default).
void begin_offline(model::Authorization& authorization);

}  // namespace tessera::grants
