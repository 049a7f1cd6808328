#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/handle.h"
#include "base/memo.h"
#include "base/shared_value.h"
#include "model/realm.h"

namespace tessera::model {

/// How a client's refresh tokens behave (design: Refresh).
enum class RefreshMode : std::uint8_t {
  rotate,   ///< each use gives a successor; reuse ends the family
  reissue,  ///< each use gives a new token, older ones hold until the session ends (Keycloak's default)
  fixed,    ///< the token never changes and has an idle clock ("static" in files: Flinks)
};

/// The shape of the refresh token on the wire.
enum class RefreshFormat : std::uint8_t { opaque, jwt };

/// By which `sub` a client knows users (OpenID Connect Core, 8).
enum class SubjectType : std::uint8_t {
  public_,   ///< the user's id, the same for every client
  pairwise,  ///< one of the client's own sector, which tells it nothing of what another knows
};

struct ClientPolicy {
  std::string name;                         ///< for people; "": the client_id
  std::vector<std::string> grants;          ///< grant_type values the client may use
  std::vector<std::string> mounts;          ///< dialects the client may use; the standard one (oauth2) is always among them
  std::vector<std::string> scopes;          ///< scope words the client may ask for
  std::vector<std::string> default_scopes;  ///< granted when the request names none
  std::vector<std::string> roles;           ///< the client's own (its service account's)
  std::vector<std::string> audience;
  std::string claims_profile = "rfc9068";  ///< rfc9068, keycloak or flinks
  std::vector<CustomField> claims;
  std::vector<CustomField> response_fields;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> post_logout_redirect_uris;  ///< "+": the redirect URIs as well
  std::vector<std::string> web_origins;                ///< whose pages may read what the client is told; "+": those of its redirect URIs
  std::string backchannel_logout_uri;                  ///< told when a session ends that the client has a part in; "": not told
  std::string id_token_signed_response_alg = "RS256";  ///< by which its ID and logout tokens are signed (OpenID Connect Registration, 2)
  std::string userinfo_signed_response_alg;            ///< userinfo goes out as a JWT signed so; "": as JSON
  std::string token_endpoint_auth_method;              ///< RFC 7591: the only way to authenticate; "": by a secret, wherever it stands
  std::string jwks;                                    ///< the client's public keys (RFC 7517, 5), as JSON; "" for none
  std::string jwks_uri;                                ///< where it publishes them, instead; "" for nowhere

  std::int64_t access_ttl_s = 3600;
  std::int64_t refresh_ttl_s = 0;      ///< absolute lifetime of a family; 0: none
  std::int64_t refresh_idle_s = 1800;  ///< idle lifetime of a family
  std::int64_t max_ttl_s = 0;          ///< cap on an extended lifetime; 0: the realm's
  int reuse_leeway_s = 10;             ///< 0 to 60; rotate only
  int requests_per_minute = 0;         ///< the client's own throttle; 0: the server's default
  RefreshMode refresh_mode = RefreshMode::rotate;
  RefreshFormat refresh_format = RefreshFormat::opaque;
  SubjectType subject_type = SubjectType::public_;

  bool allow_token_lifetime_extension = false;
  bool default_scopes_always = false;  ///< the default scopes beside those that are asked for, as Keycloak does
  bool audience_by_roles = false;      ///< the clients whose roles the token passes on are its audience too
  bool token_in_query = false;         ///< `?token=` opt-in
  bool consent_required = false;
  bool public_refresh_without_rotation = false;      ///< lets a public client use reissue or static; doctor reports it
  bool redirect_trailing_star = false;               ///< a redirect URI may end in `*`
  bool pkce_required = false;                        ///< of a confidential client too; a public one always has to use it
  bool pkce_plain = false;                           ///< takes the challenge method `plain`, for clients of Keycloak
  bool backchannel_logout_session_required = false;  ///< wants to be told which session: every logout token says so anyway
  bool token_endpoint_audience = false;              ///< its assertions may be meant for the token endpoint, not only for the issuer

  base::Memo<std::vector<std::string>> exact_origins;  ///< policy::web_origins_of() keeps them here
  friend bool operator==(const ClientPolicy&, const ClientPolicy&) = default;
};

struct Client {
  Handle handle;
  RealmId realm = 0;
  std::string client_id;
  bool enabled = true;
  bool is_public = false;
  std::int64_t not_before_s = 0;
  std::int64_t revoked_seq = 0;
  std::int64_t ended_seq = 0;
  std::int64_t max_expiry_s = 0;           ///< durable high-water mark: no token beyond the ordinary lifetime expires later
  base::SharedValue<ClientPolicy> policy;  ///< most clients share theirs with many others
};

/// One version of a client's secret. Up to two live ones, so that rotation needs no outage.
struct ClientSecret {
  enum class Scheme : std::uint8_t { sha256, hmac_pepper };
  Handle handle;
  Handle client;
  Scheme scheme = Scheme::sha256;
  std::string hash;  ///< raw bytes
  std::string hint;  ///< last four characters, for people; "" for imported ones
  TimePoint created_at;
  std::int64_t expires_at_s = 0;    ///< 0: never
  std::int64_t last_used_at_s = 0;  ///< to the hour; 0: never
  std::int64_t revoked_seq = 0;
  bool deleted = false;
};

}  // namespace tessera::model
