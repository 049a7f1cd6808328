// What a dialect may say: templates, texts, statuses, constants.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "dialects/checks.h"

namespace tessera::dialects {
namespace {

bool is_instant(Term term) { return term == Term::expires_at || term == Term::refresh_expires_at; }
bool is_number(Term term) {
  return term == Term::expires_in || term == Term::refresh_expires_in || term == Term::not_before_policy || is_instant(term);
}

Status check_field(const FieldSpec& spec) {
  const OutField& field = spec.field;
  const bool is_constant = field.term == Term::constant;
  if (field.name.empty() || !is_plain_text(field.name))
    return refuse(spec.place, "a field's name is printable ASCII; write name = \"access\"");
  if (is_constant && model::is_token_field(field.name))
    return refuse(spec.place, fmt::format("the constant `{}` shadows a token field; give it another name", field.name));
  if (!is_constant && model::is_token_field(field.name) && field.name != model::kTokenFieldNames[static_cast<int>(field.term)])
    return refuse(spec.place, fmt::format("`{}` is the name of another token field; give it another name", field.name));
  if (field.term == Term::custom && (field.name != "custom" || !field.fallback.empty()))
    return refuse(spec.place, "`custom` stands for the realm's own fields; write \"custom\"");
  if (field.term == Term::access_token && !field.fallback.empty())
    return refuse(spec.place, "an access token is never absent; remove `absent`");
  if (spec.format && (!is_instant(field.term) || (*spec.format != "seconds" && *spec.format != "rfc3339")))
    return refuse(spec.place, "`format` is for expires_at and refresh_expires_at; write format = \"rfc3339\" or \"seconds\"");
  if (spec.type && (!is_number(field.term) || (*spec.type != "number" && *spec.type != "string")))
    return refuse(spec.place, "`type` is for numbers; write type = \"number\" or \"string\"");
  return {};
}

Status check_error_field(const ErrorFieldSpec& field) {
  if (field.name.empty() || !is_plain_text(field.name))
    return refuse(field.place, "an error field's name is printable ASCII; write name = \"error\"");
  if (model::is_token_field(field.name))
    return refuse(field.place, fmt::format("`{}` is a token field, not an error's; give it another name", field.name));
  if (field.constant) return {};
  std::string rest = field.value;
  for (const std::string_view placeholder : {"{code}", "{description}", "{status}"})
    for (auto at = rest.find(placeholder); at != std::string::npos; at = rest.find(placeholder)) rest.replace(at, placeholder.size(), " ");
  if (rest.find_first_of("{}") != std::string::npos)
    return refuse(field.place,
                  fmt::format("`{}`: a template never echoes input; write {{code}}, {{description}} or {{status}}", field.value));
  if (!is_plain_text(rest)) return refuse(field.place, "a template is printable ASCII without quotes and backslashes; write \"{code}\"");
  return {};
}

Status check_status(int status, const Place& place) {
  if (status >= 400 && status <= 599) return {};
  return refuse(place, fmt::format("{} is no error status; write one from 400 to 599", status));
}

Status check_text(const std::optional<std::string>& text, std::string_view key, const Place& place) {
  if (!text) return {};
  std::string rest = *text;
  if (const auto at = rest.find("{limit}"); at != std::string::npos) rest.erase(at, std::string_view("{limit}").size());
  if (rest.find_first_of("{}") != std::string::npos)
    return refuse(place, fmt::format("`{}` takes no placeholder but {{limit}}: it never echoes input; write plain text", key));
  if (!is_plain_text(*text))
    return refuse(place, fmt::format("`{}` is printable ASCII without quotes and backslashes (RFC 6749, 5.2)", key));
  return {};
}

Status check_reasons(const ReasonSpecs& reasons, bool unknown_token_is_success) {
  for (const auto& [reason, spec] : reasons) {
    const bool success = unknown_token_is_success && reason == Reason::revoke_token_unknown && spec.status == 200;
    if (spec.status && !success) TRY(check_status(*spec.status, spec.place));
    TRY(check_text(spec.code, "code", spec.place));
    TRY(check_text(spec.text, "text", spec.place));
  }
  return {};
}

Status check_error(const DialectSpec& spec) {
  if (spec.error.empty())
    return refuse(spec.place,
                  "the dialect has no error body; write error = [{ name = \"error\", value = \"{code}\" }], or extends = \"oauth2\"");
  std::set<std::string_view> names;
  for (const ErrorFieldSpec& field : spec.error) {
    TRY(check_error_field(field));
    if (!names.insert(field.name).second)
      return refuse(field.place, fmt::format("the error field `{}` is there twice; remove one", field.name));
  }
  return {};
}

Status check_envelope(const EnvelopeSpec& envelope) {
  if (envelope.name.empty()) return {};
  if (!is_plain_text(envelope.name) || model::is_token_field(envelope.name))
    return refuse(envelope.place, fmt::format("the envelope `{}` shadows a token field; give it another name", envelope.name));
  std::set<std::string_view> names = {envelope.name};
  for (const FieldSpec& constant : envelope.constants) {
    TRY(check_field(constant));
    if (!names.insert(constant.field.name).second)
      return refuse(constant.place, fmt::format("`{}` is there twice in the envelope; remove one", constant.field.name));
  }
  return {};
}

}  // namespace

bool is_plain_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

Status check_fields(const std::vector<FieldSpec>& fields, const Place& place) {
  std::set<std::string_view> names;
  std::set<Term> terms;
  for (const FieldSpec& spec : fields) {
    TRY(check_field(spec));
    if (!names.insert(spec.field.name).second)
      return refuse(spec.place, fmt::format("the field `{}` is there twice: names map one to one; remove one", spec.field.name));
    if (spec.field.term != Term::constant && !terms.insert(spec.field.term).second)
      return refuse(spec.place, fmt::format("`{}` is written twice: names map one to one; remove one",
                                            model::kTokenFieldNames[static_cast<int>(spec.field.term)]));
  }
  if (!terms.contains(Term::access_token)) return refuse(place, "`out` has no access token; add \"access_token\"");
  return {};
}

Status check_wording(const DialectSpec& spec) {
  TRY(check_error(spec));
  TRY(check_envelope(spec.envelope));
  for (const auto& [code, entry] : spec.codes) {
    if (entry.status) TRY(check_status(*entry.status, entry.place));
    TRY(check_text(code, "code", entry.place));
    TRY(check_text(entry.text, "text", entry.place));
  }
  TRY(check_reasons(spec.reasons, false));
  for (const EndpointSpec& endpoint : spec.endpoints) {
    TRY(check_reasons(endpoint.reasons, endpoint.kind == model::EndpointKind::revoke && endpoint.takes("token")));
    for (const GrantSpec& grant : endpoint.grants) TRY(check_reasons(grant.reasons, false));
  }
  return {};
}

Status check_spec(const DialectSpec& spec) {
  TRY(check_wording(spec));
  for (const EndpointSpec& endpoint : spec.endpoints) TRY(check_endpoint(endpoint));
  if (spec.endpoints.empty()) return refuse(spec.place, "the dialect has no endpoint; write [endpoint.token]");
  return {};
}

}  // namespace tessera::dialects
