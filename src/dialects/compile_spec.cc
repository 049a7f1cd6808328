// From a checked spec to what a request needs: sorted names, written keys, and one finished answer for every reason.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dialects/spec.h"
#include "jose/json.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

constexpr int kReasonCount = 0
#define TESSERA_REASON(name, oauth_code, operator_line) +1
#include "base/reasons.def"
#undef TESSERA_REASON
    ;

std::string json_key(std::string_view name) {
  std::string key;
  jose::append_json_string(key, name);
  return key + ':';
}

OutFields compile_fields(const std::vector<FieldSpec>& specs) {
  OutFields fields;
  for (const FieldSpec& spec : specs) {
    OutField field = spec.field;
    field.key = json_key(field.name);
    field.rfc3339 = spec.format == "rfc3339";
    field.quoted = spec.type == "string";
    fields.push_back(std::move(field));
  }
  return fields;
}

/// Refusals of HTTP itself keep HTTP's status, whatever a dialect makes of their code.
bool is_about_http(Reason reason) {
  return reason == Reason::body_too_large || reason == Reason::content_type_unsupported || reason == Reason::method_not_allowed;
}

/// The RFCs' own status for a reason (RFC 6749, 5.2; 6750, 3.1; 9110, 15.5).
int standard_status(Reason reason, std::string_view code) {
  if (reason == Reason::body_too_large) return 413;
  if (reason == Reason::content_type_unsupported) return 415;
  if (reason == Reason::method_not_allowed) return 405;
  if (code == "invalid_client" || code == "invalid_token") return 401;
  if (code == "insufficient_scope") return 403;
  if (code == "not_found") return 404;
  if (code == "slow_down") return 429;
  if (code == "temporarily_unavailable") return 503;
  if (code == "server_error" || code.empty()) return 500;
  return 400;
}

/// What a challenge says whole (RFC 6750, 3): what is wrong with the bearer token, or that there is none.
bool is_about_bearer(Reason reason) {
  const std::string_view code = base::reason_oauth_code(reason);
  return code == "invalid_token" || code == "insufficient_scope" || reason == Reason::token_missing || reason == Reason::token_ambiguous;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

/// The error body of an answer. A field that would be empty is left out; a bare {status} is a number.
std::string error_body(const std::vector<ErrorFieldSpec>& fields, const Answer& answer) {
  std::string body = "{";
  for (const ErrorFieldSpec& field : fields) {
    std::string value = field.value;
    if (!field.constant && value != "{status}") {
      replace_all(value, "{code}", answer.code);
      replace_all(value, "{description}", answer.text);
      replace_all(value, "{status}", std::to_string(answer.status));
      if (value.empty()) continue;
    }
    if (body.size() > 1) body += ',';
    body += json_key(field.name);
    if (field.constant)
      body += value;
    else if (value == "{status}")
      body += std::to_string(answer.status);
    else
      jose::append_json_string(body, value);
  }
  return body + '}';
}

/// What the maps say of a reason, the most specific first, then the RFC.
Answer find_answer(const DialectSpec& dialect, const EndpointSpec& endpoint, const GrantSpec* grant, Reason reason) {
  const bool unknown_token_is_success =
      endpoint.kind == EndpointKind::revoke && endpoint.takes("token") && reason == Reason::revoke_token_unknown;
  std::optional<int> status;
  std::optional<std::string> code;
  std::optional<std::string> text;
  for (const ReasonSpecs* specs :
       {grant ? &grant->reasons : nullptr, &endpoint.reasons, unknown_token_is_success ? nullptr : &dialect.reasons}) {
    if (specs == nullptr) continue;
    const auto found = specs->find(reason);
    if (found == specs->end()) continue;
    if (!status) status = found->second.status;
    if (!code) code = found->second.code;
    if (!text) text = found->second.text;
  }
  // RFC 7009, 2.2: a token that does not live is as good as revoked.
  if (unknown_token_is_success && !code) return {status.value_or(200), {}, {}, {}};
  Answer answer;
  const std::string_view standard_code = base::reason_oauth_code(reason);
  answer.code = code.value_or(std::string(standard_code.empty() ? "server_error" : standard_code));
  const auto by_code = dialect.codes.find(answer.code);
  const CodeSpec common = by_code == dialect.codes.end() ? CodeSpec{} : by_code->second;
  answer.text = text.value_or(common.text.value_or(""));
  if (!status && unknown_token_is_success) status = 200;
  if (!status && !is_about_http(reason)) status = common.status;
  answer.status = status.value_or(standard_status(reason, standard_code));
  // Its script reads the status alone.
  if (endpoint.kind == EndpointKind::session_status_init) return answer;
  if (endpoint.errors != "challenge" || !is_about_bearer(reason)) answer.body = error_body(dialect.error, answer);
  return answer;
}

Answers compile_answers(const DialectSpec& dialect, const EndpointSpec& endpoint, const GrantSpec* grant) {
  Answers answers;
  answers.reserve(kReasonCount);
  for (int reason = 0; reason < kReasonCount; ++reason)
    answers.push_back(find_answer(dialect, endpoint, grant, static_cast<Reason>(reason)));
  return answers;
}

/// An attacker who can tell them apart learns who has an account, or who is worth another try tomorrow.
Status check_users_alike(const Answers& answers, const EndpointSpec& endpoint) {
  const Answer& unknown = answers[static_cast<int>(Reason::user_unknown)];
  for (const Reason reason : {Reason::user_password_wrong, Reason::user_locked}) {
    const Answer& other = answers[static_cast<int>(reason)];
    if (other.status == unknown.status && other.body == unknown.body) continue;
    return refuse(endpoint.place,
                  fmt::format("endpoint `{}` tells user_unknown from {}; write the same status, code and text for user_unknown, "
                              "user_password_wrong and user_locked",
                              endpoint.name, base::reason_name(reason)));
  }
  return {};
}

std::vector<std::string> methods_of(const EndpointSpec& spec) {
  if (!spec.methods.empty()) return spec.methods;
  switch (spec.kind) {
    case EndpointKind::jwks:
    case EndpointKind::certs:
    case EndpointKind::discovery:
    case EndpointKind::realm_info:
      return {"GET", "HEAD"};
    case EndpointKind::session_status:
    case EndpointKind::session_status_init:
    case EndpointKind::cookie_probe:
      return {"GET"};
    case EndpointKind::authorize:
    case EndpointKind::userinfo:
      return {"GET", "POST"};
    case EndpointKind::client_configuration:
      return {"GET", "PUT", "DELETE"};
    default:
      return {"POST"};
  }
}

void compile_envelope(const EnvelopeSpec& envelope, EndpointLook& look) {
  look.opening = "{";
  look.closing = "}";
  if (envelope.name.empty()) return;
  for (const FieldSpec& constant : envelope.constants) look.opening += json_key(constant.field.name) + constant.field.fallback + ',';
  look.opening += json_key(envelope.name) + '{';
  look.closing = "}}";
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Result<EndpointLook> compile_endpoint(const DialectSpec& dialect, const EndpointSpec& spec) {
  EndpointLook look;
  look.name = spec.name;
  look.kind = spec.kind;
  look.paths = spec.paths;
  look.root_paths = spec.root_paths;
  look.methods = methods_of(spec);
  look.allow = fmt::format("{}", fmt::join(look.methods, ", "));
  look.takes_form = has(spec.body, "form");
  look.takes_json = has(spec.body, "json") || model::is_about_registration(spec.kind);
  look.client_in_body = has(spec.client, "body");
  look.client_in_basic = has(spec.client, "basic");
  look.implied_grant = spec.grant_type;
  if (spec.in)
    for (const NameSpec& name : *spec.in) look.names_in.emplace_back(name.wire, name.standard);
  std::sort(look.names_in.begin(), look.names_in.end());
  const int usual = spec.kind == EndpointKind::session_status_init ? 204 : spec.kind == EndpointKind::registration ? 201 : 200;
  look.success_status = spec.success.value_or(usual);
  if (spec.members)
    for (const NameSpec& member : *spec.members) look.members.emplace_back(member.wire, member.standard);
  look.implied_grants = spec.grant_types;
  look.amends = spec.update == "amend";
  compile_envelope(dialect.envelope, look);
  if (spec.out) look.out = compile_fields(*spec.out);
  look.response = spec.response;
  look.cors_with_credentials = spec.cors == "credentials";
  look.answers = compile_answers(dialect, spec, nullptr);
  TRY(check_users_alike(look.answers, spec));
  for (const GrantSpec& grant : spec.grants) {
    if (grant.out) look.out_by_grant[grant.grant_type] = compile_fields(*grant.out);
    if (grant.reasons.empty()) continue;
    Answers answers = compile_answers(dialect, spec, &grant);
    TRY(check_users_alike(answers, spec));
    look.answers_by_grant[grant.grant_type] = std::move(answers);
  }
  return look;
}

}  // namespace

Result<std::vector<EndpointLook>> compile_spec(const DialectSpec& spec) {
  std::vector<EndpointLook> looks;
  const auto authorize = std::ranges::find(spec.endpoints, EndpointKind::authorize, &EndpointSpec::kind);
  for (EndpointSpec endpoint : spec.endpoints) {
    // What a form leads to is the answer to the authorization request.
    if (endpoint.kind == EndpointKind::interact && authorize != spec.endpoints.end()) {
      endpoint.response = authorize->response;
      endpoint.reasons = authorize->reasons;
    }
    // What a browser brings back from logging out (RP-Initiated Logout, 2).
    if (endpoint.kind == EndpointKind::logout) endpoint.response = {"state"};
    EndpointLook look = TRY(compile_endpoint(spec, endpoint));
    looks.push_back(std::move(look));
  }
  return looks;
}

}  // namespace tessera::dialects
