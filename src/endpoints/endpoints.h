// What each endpoint does, in standard terms; how it looks is a dialect's. All are stateless and safe from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "clients/directory.h"
#include "clients/realm_gate.h"
#include "endpoints/framing.h"
#include "flow/sign_in.h"
#include "flow/sign_out.h"
#include "grants/client_gate.h"
#include "grants/pipeline.h"
#include "model/exchange.h"
#include "registration/registrar.h"
#include "tokens/access_tokens.h"
#include "tokens/issuer.h"

namespace tessera::endpoints {

/// What endpoints are built from.
struct Services {
  const grants::Pipeline& pipeline;
  const grants::ClientGate& clients;
  clients::Directory& directory;
  const tokens::AccessTokens& access_tokens;
  const keys::Keyring& keyring;
  store::SessionStore& sessions;
  revocation::Revocations& revocations;
  const tokens::Issuer& issuer;
  const tokens::RefreshTokens& refresh_tokens;
  /// The path of another endpoint of the mount that a request came to, "" where it has none: discovery says only what is there.
  std::function<std::string(const model::EndpointRequest& request, model::EndpointKind kind)> path_of;
  /// Whether authorization responses of that mount carry the parameter.
  std::function<bool(const model::EndpointRequest& request, std::string_view parameter)> answers_with = {};
};

/// RFC 6749, 3.2.
class TokenEndpoint final : public model::Endpoint {
 public:
  explicit TokenEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
};

/// RFC 6749, 3.1: where a browser comes from the client.
class AuthorizeEndpoint final : public model::Endpoint {
 public:
  explicit AuthorizeEndpoint(const flow::SignIn& sign_in) : sign_in_(sign_in) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  const flow::SignIn& sign_in_;
};

/// Where the forms of our pages are posted.
class InteractEndpoint final : public model::Endpoint {
 public:
  InteractEndpoint(const flow::Interactions& interactions, const flow::SignIn& sign_in, const flow::SignOut& sign_out)
      : interactions_(interactions), sign_in_(sign_in), sign_out_(sign_out) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  const flow::Interactions& interactions_;
  const flow::SignIn& sign_in_;
  const flow::SignOut& sign_out_;
};

/// RFC 7009 with a `token` parameter and client authentication; without one, a bearer token revokes itself and what it descends from.
class RevokeEndpoint final : public model::Endpoint {
 public:
  explicit RevokeEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Result<model::Reply> revoke_bearer(const model::EndpointRequest& request, const model::Realm& realm, const Turn& turn);
  Result<model::Reply> revoke_refresh(const model::EndpointRequest& request, const model::Realm& realm, const model::Client& client,
                                      std::string_view token, const Turn& turn);
  Result<model::Reply> revoke_access(const model::EndpointRequest& request, const model::Realm& realm, const model::Client& client,
                                     std::string_view token, const Turn& turn);
  Services services_;
};

/// RFC 7662. A caller outside the token's audience is told that it is not active.
class IntrospectEndpoint final : public model::Endpoint {
 public:
  explicit IntrospectEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Result<model::Reply> describe_refresh(const std::shared_ptr<const model::Realm>& realm, const clients::AuthenticatedClient& caller,
                                        std::string_view token, const Turn& turn);
  Services services_;
};

/// The JWK Set (RFC 7517, 5): `jwks`, or `certified_jwks` for Keycloak's clients.
class JwksEndpoint final : public model::Endpoint {
 public:
  JwksEndpoint(const Services& services, std::string keys::RealmKeys::* set) : services_(services), set_(set) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
  std::string keys::RealmKeys::* set_;
};

/// OpenID Connect Discovery 1.0 and RFC 8414: derived from what is mounted and registered.
class DiscoveryEndpoint final : public model::Endpoint {
 public:
  explicit DiscoveryEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
};

/// OpenID Connect Core, 5.3: what a token's scope lets its client know of the user.
class UserinfoEndpoint final : public model::Endpoint {
 public:
  explicit UserinfoEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Result<std::shared_ptr<const model::User>> require_user(const model::AccessToken& token, const Turn& turn);
  Services services_;
};

/// Forward authentication for a proxy: nginx `auth_request` and the like (RFC 6750).
class VerifyEndpoint final : public model::Endpoint {
 public:
  explicit VerifyEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Status require_query_allowed(const model::AccessToken& token, const Turn& turn);
  Services services_;
};

/// OpenID Connect RP-Initiated Logout for browsers; for clients Keycloak's by refresh token, which ends the session and may be repeated.
class LogoutEndpoint final : public model::Endpoint {
 public:
  LogoutEndpoint(const Services& services, const flow::SignOut& sign_out) : services_(services), sign_out_(sign_out) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Result<model::Reply> end_by_refresh_token(const model::EndpointRequest& request, const Turn& turn);
  Services services_;
  const flow::SignOut& sign_out_;
};

/// Keycloak's login status iframe, and where that page asks whether it may answer the page around it.
class SessionStatusEndpoint final : public model::Endpoint {
 public:
  SessionStatusEndpoint(const Services& services, Framing& framing) : services_(services), framing_(framing) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
  Framing& framing_;
};

class SessionStatusInitEndpoint final : public model::Endpoint {
 public:
  explicit SessionStatusInitEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
};

/// Keycloak's test for third-party cookies. Both of its steps are one page here.
class CookieProbeEndpoint final : public model::Endpoint {
 public:
  CookieProbeEndpoint(const Services& services, Framing& framing) : services_(services), framing_(framing) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
  Framing& framing_;
};

/// RFC 7591, 3, and RFC 7592, 2; and where a client that registered itself gets another secret.
class RegistrationEndpoint final : public model::Endpoint {
 public:
  RegistrationEndpoint(const Services& services, const registration::Registrar& registrar) : services_(services), registrar_(registrar) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Result<model::Reply> manage(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;
  model::Reply tell(const model::EndpointRequest& request, const registration::Registered& registered) const;
  Services services_;
  const registration::Registrar& registrar_;
};

/// Keycloak's page of a realm: its name, key and services.
class RealmInfoEndpoint final : public model::Endpoint {
 public:
  explicit RealmInfoEndpoint(const Services& services) : services_(services) {}
  Result<model::Reply> handle(const model::EndpointRequest& request, const Turn& turn) override;

 private:
  Services services_;
};

}  // namespace tessera::endpoints
