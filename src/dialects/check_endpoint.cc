// What an endpoint may take and give, whatever the dialect.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "config/nearest_key.h"
#include "dialects/checks.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;
using Words = std::vector<std::string_view>;

const Words kStandardNames = {"grant_type",
                              "client_id",
                              "client_secret",
                              "username",
                              "password",
                              "scope",
                              "refresh_token",
                              "expiry",
                              "token",
                              "code",
                              "code_verifier",
                              "redirect_uri",
                              "token_type_hint",
                              "client_assertion",
                              "client_assertion_type"};
const Words kAuthorizationNames = {"client_id",     "redirect_uri",   "response_type",
                                   "response_mode", "scope",          "state",
                                   "nonce",         "code_challenge", "code_challenge_method",
                                   "prompt",        "max_age",        "login_hint",
                                   "id_token_hint", "ui_locales",     "acr_values",
                                   "claims",        "display",        "request",
                                   "request_uri"};
const Words kLogoutNames = {"client_id",
                            "client_secret",
                            "client_assertion",
                            "client_assertion_type",
                            "refresh_token",
                            "id_token_hint",
                            "state",
                            "post_logout_redirect_uri",
                            "ui_locales",
                            "logout_hint"};
const Words kSessionStatusNames = {"client_id", "origin"};
/// RFC 7591, 2 and 3.2.1, and what else a registry of apps shows of them.
const Words kMetadataNames = {"client_id",
                              "client_secret",
                              "client_secret_expires_at",
                              "client_id_issued_at",
                              "registration_access_token",
                              "registration_client_uri",
                              "client_name",
                              "redirect_uris",
                              "grant_types",
                              "response_types",
                              "token_endpoint_auth_method",
                              "scope",
                              "jwks",
                              "id_token_signed_response_alg",
                              "userinfo_signed_response_alg",
                              "post_logout_redirect_uris",
                              "backchannel_logout_uri",
                              "backchannel_logout_session_required",
                              "client_uri",
                              "logo_uri",
                              "tos_uri",
                              "policy_uri",
                              "contacts",
                              "software_id",
                              "software_version",
                              "country",
                              "description"};
const Words kResponseNames = {"code", "state", "iss", "session_state"};

const Words& names_of(EndpointKind kind) {
  if (kind == EndpointKind::logout) return kLogoutNames;
  if (kind == EndpointKind::session_status_init) return kSessionStatusNames;
  if (model::is_about_registration(kind)) return kMetadataNames;
  return kind == EndpointKind::authorize ? kAuthorizationNames : kStandardNames;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Pages for frames and what their scripts ask: nothing that a HEAD could want.
bool is_for_frames(EndpointKind kind) {
  return kind == EndpointKind::session_status || kind == EndpointKind::session_status_init || kind == EndpointKind::cookie_probe;
}

bool takes_credentials(EndpointKind kind) {
  return kind == EndpointKind::token || kind == EndpointKind::introspect || kind == EndpointKind::logout || kind == EndpointKind::revoke;
}

/// A revocation by the bearer itself: no parameter names another token.
bool is_self_revoke(const EndpointSpec& spec) { return spec.kind == EndpointKind::revoke && !spec.takes("token"); }

Words methods_of(const EndpointSpec& spec) {
  if (spec.kind == EndpointKind::authorize || spec.kind == EndpointKind::userinfo) return {"GET", "POST"};
  if (spec.kind == EndpointKind::interact) return {"POST"};
  if (is_for_frames(spec.kind)) return {"GET"};
  if (spec.kind == EndpointKind::logout) return spec.takes("id_token_hint") ? Words{"GET", "POST"} : Words{"POST"};
  if (spec.kind == EndpointKind::client_configuration) return {"GET", "PUT", "DELETE"};
  if (model::is_about_registration(spec.kind)) return {"POST"};
  if (!takes_credentials(spec.kind)) return {"GET", "HEAD"};
  if (is_self_revoke(spec)) return {"POST", "DELETE"};
  return {"POST"};
}

Status check_words(const EndpointSpec& spec, std::string_view key, const std::vector<std::string>& given, const Words& allowed) {
  for (const std::string& word : given)
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
      return refuse(spec.place_of(key),
                    fmt::format("the {} endpoint can't have {} `{}`; write {} = [\"{}\"]",
                                model::kEndpointNames[static_cast<int>(spec.kind)], key, word, key, fmt::join(allowed, "\", \"")));
  return {};
}

Status check_methods(const EndpointSpec& spec) {
  if (spec.kind == EndpointKind::verify && !spec.methods.empty())
    return refuse(spec.place_of("methods"), "forward-auth takes the method that the proxy sends; remove `methods`");
  return check_words(spec, "methods", spec.methods, methods_of(spec));
}

bool names_client(EndpointKind kind) { return kind == EndpointKind::client_configuration || kind == EndpointKind::client_secret; }

Status check_path(const EndpointSpec& spec, std::string_view key, const std::string& path) {
  constexpr std::string_view realm = "{realm}";
  constexpr std::string_view client = "/{client_id}";
  std::string literal = path;
  if (names_client(spec.kind)) {
    const auto at = literal.find(client);
    if (at == std::string::npos || (at + client.size() != literal.size() && literal[at + client.size()] != '/'))
      return refuse(spec.place_of(key), fmt::format("`{}` names no client; write \"/register/{{client_id}}\"", path));
    literal.replace(at, client.size(), "/client");
  }
  if (const auto at = literal.find(realm); at != std::string::npos) {
    const bool whole = at > 0 && literal[at - 1] == '/' && (at + realm.size() == literal.size() || literal[at + realm.size()] == '/');
    if (!whole)
      return refuse(spec.place_of(key), fmt::format("`{}`: {{realm}} is a whole segment; write \"/realms/{{realm}}/token\"", path));
    literal.replace(at, realm.size(), "realm");
  }
  const bool plain = literal.starts_with('/') && literal.find("//") == std::string::npos &&
                     literal.find("/.") == literal.find("/.well-known") && std::all_of(literal.begin(), literal.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '/' || c == '-' || c == '_' || c == '.' || c == '~';
                     });
  if (plain) return {};
  return refuse(spec.place_of(key),
                fmt::format("`{}` is no path: letters, digits, -._~ and at most one {{realm}}; write \"/token\"", path));
}

Status check_paths(const EndpointSpec& spec) {
  if (spec.paths.empty() && spec.root_paths.empty())
    return refuse(spec.place, fmt::format("endpoint `{}` has no path; write paths = [\"/{}\"]", spec.name, spec.name));
  for (const std::string& path : spec.paths) TRY(check_path(spec, "paths", path));
  for (const std::string& path : spec.root_paths) TRY(check_path(spec, "root_paths", path));
  return {};
}

Status check_body(const EndpointSpec& spec) {
  TRY(check_words(spec, "body", spec.body, takes_credentials(spec.kind) ? Words{"form", "json"} : Words{}));
  TRY(check_words(spec, "client", spec.client, takes_credentials(spec.kind) ? Words{"body", "basic"} : Words{}));
  const bool reads_names = spec.in && !spec.in->empty();
  if (takes_credentials(spec.kind) && reads_names && spec.body.empty())
    return refuse(spec.place, fmt::format("endpoint `{}` names parameters but no body; write body = [\"form\"]", spec.name));
  if (takes_credentials(spec.kind) && !reads_names && spec.kind != EndpointKind::revoke)
    return refuse(spec.place, fmt::format("endpoint `{}` reads no parameter; write in = [\"client_id\", \"client_secret\"]", spec.name));
  if (spec.kind == EndpointKind::authorize && !spec.takes("client_id"))
    return refuse(spec.place, fmt::format("endpoint `{}` reads no client; write in = [\"client_id\", \"redirect_uri\", ...]", spec.name));
  if (spec.kind == EndpointKind::session_status_init && !(spec.takes("client_id") && spec.takes("origin")))
    return refuse(spec.place, fmt::format("endpoint `{}` reads no origin; write in = [\"client_id\", \"origin\"]", spec.name));
  const bool takes_names = takes_credentials(spec.kind) || spec.kind == EndpointKind::authorize ||
                           spec.kind == EndpointKind::session_status_init || model::is_about_registration(spec.kind);
  if (!takes_names && spec.in) return refuse(spec.place_of("in"), fmt::format("endpoint `{}` takes no parameters; remove `in`", spec.name));
  if (has(spec.client, "body") && !spec.takes("client_id"))
    return refuse(spec.place_of("client"), "the client is in the body, but no parameter is its id; add \"client_id\" to `in`");
  return {};
}

Status check_grant_type(const EndpointSpec& spec) {
  if (spec.kind != EndpointKind::token) {
    if (spec.grant_type.empty() && spec.grants.empty()) return {};
    return refuse(spec.place, fmt::format("endpoint `{}` has no grants; remove `grant_type` and `grant`", spec.name));
  }
  if (spec.grant_type.empty() && !spec.takes("grant_type"))
    return refuse(spec.place,
                  "the token endpoint knows no grant; write grant_type = \"client_credentials\", or add \"grant_type\" to `in`");
  if (!spec.grant_type.empty() && spec.takes("grant_type"))
    return refuse(spec.place_of("grant_type"), "the grant is implied and a parameter at once; remove \"grant_type\" from `in`");
  return {};
}

Status check_names(const EndpointSpec& spec, const std::optional<std::vector<NameSpec>>& names) {
  if (!names) return {};
  std::set<std::string_view> wires;
  std::set<std::string_view> standards;
  const Words& known = names_of(spec.kind);
  for (const NameSpec& name : *names) {
    if (std::find(known.begin(), known.end(), name.standard) == known.end()) {
      const std::string nearest = config::nearest_key(name.standard, known);
      return refuse(name.place, nearest.empty()
                                    ? fmt::format("unknown parameter `{}`; write one of: {}", name.standard, fmt::join(known, ", "))
                                    : fmt::format("unknown parameter `{}`; write `{}`", name.standard, nearest));
    }
    if (name.wire.empty() || !is_plain_text(name.wire))
      return refuse(name.place, "a parameter's name is printable ASCII; write \"client_id\"");
    if (!wires.insert(name.wire).second)
      return refuse(name.place, fmt::format("`{}` is named twice: names map one to one; remove one of them", name.wire));
    if (!standards.insert(name.standard).second)
      return refuse(name.place, fmt::format("two names stand for `{}`: names map one to one; remove one of them", name.standard));
  }
  return {};
}

Status check_registration(const EndpointSpec& spec) {
  const bool registers = model::is_about_registration(spec.kind);
  if (!registers && spec.members)
    return refuse(spec.place_of("members"), fmt::format("endpoint `{}` tells nothing of a client; remove `members`", spec.name));
  if (!spec.grant_types.empty() && (spec.kind != EndpointKind::registration || !spec.in))
    return refuse(spec.place_of("grant_types"),
                  "only a registration that lists its names, by `in`, can imply grants; remove `grant_types`");
  if (!spec.update.empty() && (spec.kind != EndpointKind::client_configuration || spec.update != "amend"))
    return refuse(spec.place_of("update"),
                  "a PUT to client_configuration says all, or by update = \"amend\" what changes; remove `update`");
  return check_names(spec, spec.members);
}

Status check_success(const EndpointSpec& spec) {
  if (!spec.success) return {};
  const int status = *spec.success;
  const bool bodiless = spec.kind == EndpointKind::revoke || spec.kind == EndpointKind::logout;
  if (spec.kind == EndpointKind::token && (status == 200 || status == 201)) return {};
  if (spec.kind == EndpointKind::registration && (status == 200 || status == 201)) return {};
  if (bodiless && (status == 200 || status == 204)) return {};
  if (spec.kind == EndpointKind::token) return refuse(spec.place_of("success"), "a token response is 200 or 201; write success = 200");
  if (bodiless) return refuse(spec.place_of("success"), "this success has no body: 200 or 204; write success = 204");
  return refuse(spec.place_of("success"), fmt::format("the status of endpoint `{}` is fixed; remove `success`", spec.name));
}

Status check_response(const EndpointSpec& spec) {
  if (spec.kind == EndpointKind::authorize && !has(spec.response, "code"))
    return refuse(spec.place, "an authorization response carries a code; write response = [\"code\", \"state\", \"iss\"]");
  if (spec.kind != EndpointKind::authorize && !spec.response.empty())
    return refuse(spec.place_of("response"), fmt::format("endpoint `{}` has no authorization response; remove `response`", spec.name));
  return check_words(spec, "response", spec.response, kResponseNames);
}

Status check_errors(const EndpointSpec& spec) {
  if (spec.errors.empty()) return {};
  if (spec.errors == "challenge" && spec.kind == EndpointKind::userinfo) return {};
  return refuse(spec.place_of("errors"), "only userinfo can keep its errors to the header, by errors = \"challenge\"; remove `errors`");
}

Status check_cors(const EndpointSpec& spec) {
  if (spec.cors.empty()) return {};
  if (spec.cors == "credentials" && spec.kind == EndpointKind::token) return {};
  return refuse(spec.place_of("cors"),
                "only the token endpoint, which reads no cookie, may take them, by cors = \"credentials\"; remove `cors`");
}

Status check_fixed_output(const EndpointSpec& spec) {
  if (spec.out && spec.kind == EndpointKind::introspect)
    return refuse(spec.place_of("out"), "`active` and its companions can't be mapped (RFC 7662, 2.2); remove `out`");
  if (spec.out && (spec.kind == EndpointKind::jwks || spec.kind == EndpointKind::certs))
    return refuse(spec.place_of("out"), "the JWKS can't be mapped (RFC 7517, 5); remove `out`");
  if (spec.out && spec.kind != EndpointKind::token)
    return refuse(spec.place_of("out"), fmt::format("only token responses are mapped; remove `out` of endpoint `{}`", spec.name));
  if (spec.kind == EndpointKind::verify && !spec.reasons.empty())
    return refuse(spec.place_of("reasons"), "forward-auth statuses can't be mapped: proxies know 200, 401 and 403; remove `reasons`");
  return {};
}

Status check_out(const EndpointSpec& spec) {
  TRY(check_fixed_output(spec));
  if (spec.kind != EndpointKind::token) return {};
  if (!spec.out)
    return refuse(spec.place, "the token endpoint returns nothing; write out = [\"access_token\", \"token_type\", \"expires_in\"]");
  TRY(check_fields(*spec.out, spec.place_of("out")));
  for (const GrantSpec& grant : spec.grants)
    if (grant.out) TRY(check_fields(*grant.out, grant.place));
  return {};
}

}  // namespace

Status check_endpoint(const EndpointSpec& spec) {
  TRY(check_paths(spec));
  TRY(check_names(spec, spec.in));
  TRY(check_registration(spec));
  TRY(check_methods(spec));
  TRY(check_body(spec));
  TRY(check_grant_type(spec));
  TRY(check_success(spec));
  TRY(check_response(spec));
  TRY(check_errors(spec));
  TRY(check_cors(spec));
  return check_out(spec);
}

}  // namespace tessera::dialects
