// What passes between a dialect and an endpoint: requests and replies in standard terms. Dialects translate; they never decide.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "model/page.h"
#include "model/token.h"

namespace tessera::model {

enum class EndpointKind : std::uint8_t {
  token,
  revoke,
  introspect,
  jwks,
  certs,
  discovery,
  verify,
  logout,
  realm_info,
  authorize,             ///< RFC 6749, 3.1: where a browser comes from the client
  interact,              ///< where the forms of our pages are posted
  userinfo,              ///< OpenID Connect Core, 5.3
  session_status,        ///< Keycloak's login status iframe
  session_status_init,   ///< where that page asks whether it may answer
  cookie_probe,          ///< Keycloak's test for third-party cookies
  registration,          ///< RFC 7591, 3: where clients register themselves
  client_configuration,  ///< RFC 7592, 2: where each manages itself
  client_secret,         ///< where a client that registered itself gets another secret
};
inline constexpr std::string_view kEndpointNames[] = {"token",
                                                      "revoke",
                                                      "introspect",
                                                      "jwks",
                                                      "certs",
                                                      "discovery",
                                                      "verify",
                                                      "logout",
                                                      "realm_info",
                                                      "authorize",
                                                      "interact",
                                                      "userinfo",
                                                      "session_status",
                                                      "session_status_init",
                                                      "cookie_probe",
                                                      "registration",
                                                      "client_configuration",
                                                      "client_secret"};

/// Whether a person's browser is answered: with pages, cookies and redirects, and its errors are pages. Of the requests to log out it is
/// those that carry no refresh token.
constexpr bool answers_browsers(EndpointKind kind) {
  return kind == EndpointKind::authorize || kind == EndpointKind::interact || kind == EndpointKind::session_status ||
         kind == EndpointKind::cookie_probe;
}

/// Whether clients are registered or managed there.
constexpr bool is_about_registration(EndpointKind kind) {
  return kind == EndpointKind::registration || kind == EndpointKind::client_configuration || kind == EndpointKind::client_secret;
}

/// What is done to a client's registration.
enum class Verb : std::uint8_t { create, read, replace, amend, remove };

/// How the client showed who it is (RFC 6749, 2.3.1; RFC 7523, 2.2), by the names of RFC 7591.
enum class ClientAuthMethod : std::uint8_t { none, client_secret_post, client_secret_basic, private_key_jwt };

struct ClientCredential {
  ClientAuthMethod method = ClientAuthMethod::none;
  std::string client_id;
  Secret secret;
  bool ambiguous = false;  ///< header and body name different clients or secrets, or it is shown in two ways
  Secret assertion = {};   ///< a JWT that it signed, and the type that it said this was
  std::string assertion_type = {};
};

/// Decoded parameters by their standard names, in the order they came. Never holds client credentials, but passwords and refresh tokens:
/// the values are wiped after use.
class Parameters {
 public:
  void add(std::string name, Secret value) { items_.emplace_back(std::move(name), std::move(value)); }
  /// The value of that name; nothing when it is absent. The empty string counts as absent (RFC 6749, 3.1).
  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [key, value] : items_)
      if (key == name && !value.empty()) return value.reveal();
    return std::nullopt;
  }
  /// Whether it was given, be it as the empty string, which in JSON is a value like any other.
  bool has(std::string_view name) const {
    return std::any_of(items_.begin(), items_.end(), [name](const auto& item) { return item.first == name; });
  }
  const std::vector<std::pair<std::string, Secret>>& all() const { return items_; }
  /// Only the named ones: a grant sees what it declared.
  Parameters only(std::span<const std::string_view> names) const {
    Parameters kept;
    for (const auto& [key, value] : items_)
      if (std::find(names.begin(), names.end(), key) != names.end()) kept.add(key, value.clone());
    return kept;
  }

 private:
  std::vector<std::pair<std::string, Secret>> items_;
};

/// Where a request came from, after forwarded headers of listed proxies were taken into account.
struct Peer {
  std::string address;
  bool secure = false;  ///< over TLS, ours or a listed proxy's
};

/// Any request in standard terms. The token endpoint's is RFC 6749's; the others read the parts they need.
struct EndpointRequest {
  EndpointKind endpoint = EndpointKind::token;
  std::string realm;
  std::string dialect;  ///< the mount's dialect name, for client policy and metrics
  std::string request_id;
  Peer peer;
  std::string grant_type;   ///< "" when the request has none
  Parameters parameters;    ///< username, password, refresh_token, scope, code, redirect_uri, token, token_type_hint, expiry ...
  bool duplicated = false;  ///< a parameter was given twice
  bool by_browser = false;  ///< answered with pages, cookies and redirects; only then are the next four filled in
  bool by_get = false;
  std::vector<std::pair<std::string, std::string>> cookies;  ///< ours, by the names that we gave them
  std::string accept_language;                               ///< the header
  std::string referer;                                       ///< the header
  ClientCredential credential;
  std::vector<std::string> bearer_tokens;  ///< from the Authorization header
  std::vector<std::string> query_tokens;   ///< `?token=` of a listed proxy's original URI (verify only)
  Verb verb = Verb::create;                ///< of registration: the next two too
  std::string managed_client;              ///< whom the path names
  std::string document;                    ///< the body: a JSON object by standard names
  std::string mount_base;                  ///< path under which the request's mount stands, e.g. "/realms/finlex/oauth2"
};

/// An ordered JSON document, written as it goes out.
struct Document {
  std::string json;
};
/// A document as a signed JWT.
struct SignedDocument {
  std::string jwt;
};
/// Success without a body.
struct Empty {};
/// Forward-auth said yes: headers for the upstream, e.g. {"X-Tessera-Client-Id", "..."}.
struct Verdict {
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A cookie to keep, or with an empty value to drop. The engine adds what a connection allows: Secure and the __Host- prefix over TLS.
struct Cookie {
  std::string name;
  std::string value;
  bool for_frames = false;  ///< read by our own script in a frame of another site; any other is kept from scripts
};

/// How an authorization response reaches the client (OAuth 2.0 Multiple Response Types, 2.1; Form Post Response Mode).
enum class ResponseMode : std::uint8_t { query, fragment, form_post };

/// Back to the client, with the parameters that the dialect's response has; an error replaces them by its code and text.
struct Redirection {
  std::string uri;
  ResponseMode mode = ResponseMode::query;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< code, state, iss, session_state
};

/// What a browser gets. `refusal` is why the user did not come further, for the log, and what a redirection tells the client.
struct BrowserReply {
  std::variant<Page, Redirection> answer;
  std::vector<Cookie> cookies = {};
  std::optional<Error> refusal = {};
  Handle user = {};  ///< who signed in, for the audit
};

using Reply = std::variant<TokenSet, Document, SignedDocument, Empty, Verdict, BrowserReply>;

/// What an endpoint is: takes a request in standard terms, returns a reply or a reason.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual Result<Reply> handle(const EndpointRequest& request, const Turn& turn) = 0;
};

}  // namespace tessera::model
