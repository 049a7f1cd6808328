#include "dialects/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/timestamp.h"
#include "http/chars.h"
#include "jose/json.h"

namespace tessera::dialects {
namespace {

/// How long a cache may keep what a realm publishes: long enough to spare us, short against the life of a published key.
constexpr std::string_view kPublicFor = "public, max-age=60";
/// Stands in a text for the configured bound that was passed. It is the operator's word, never the request's.
constexpr std::string_view kLimit = "{limit}";

void append_number(std::string& out, std::int64_t number, bool quoted) {
  const fmt::format_int text(number);
  if (quoted) out += '"';
  out.append(text.data(), text.size());
  if (quoted) out += '"';
}

void append_instant(std::string& out, std::int64_t at_s, const OutField& field) {
  if (field.rfc3339)
    jose::append_json_string(out, base::format_timestamp(base::from_s(at_s)));
  else
    append_number(out, at_s, field.quoted);
}

/// Where the term has no value: the field's fallback, or no field at all.
class FieldWriter {
 public:
  FieldWriter(std::string& out, const OutFields& fields, const model::TokenSet& tokens) : out_(out), fields_(fields), tokens_(tokens) {}

  void write_all() {
    for (const OutField& field : fields_) write(field);
  }

 private:
  void key(const OutField& field) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += field.key;
  }
  void absent(const OutField& field) {
    if (field.fallback.empty()) return;
    key(field);
    out_ += field.fallback;
  }
  void text(const OutField& field, std::string_view value) {
    if (value.empty()) return absent(field);
    key(field);
    jose::append_json_string(out_, value);
  }
  void text(const OutField& field, const std::optional<std::string>& value) {
    text(field, value ? std::string_view(*value) : std::string_view());
  }
  void number(const OutField& field, std::int64_t value) {
    key(field);
    append_number(out_, value, field.quoted);
  }
  void refresh_number(const OutField& field) {
    if (!tokens_.refresh_expires_in_s) return absent(field);
    number(field, *tokens_.refresh_expires_in_s);
  }
  void instant(const OutField& field, std::int64_t at_s) {
    key(field);
    append_instant(out_, at_s, field);
  }
  /// A refresh token that never expires has 0 seconds left, but no instant.
  void refresh_instant(const OutField& field) {
    if (tokens_.refresh_expires_in_s.value_or(0) == 0) return absent(field);
    instant(field, tokens_.issued_at_s + *tokens_.refresh_expires_in_s);
  }
  /// A realm's own field never stands in for a field of the response.
  void custom() {
    for (const auto& [name, value] : tokens_.custom) {
      const bool taken = model::is_token_field(name) ||
                         std::any_of(fields_.begin(), fields_.end(), [&](const OutField& field) { return field.name == name; });
      if (taken) continue;
      if (!first_) out_ += ',';
      first_ = false;
      jose::append_json_string(out_, name);
      out_ += ':';
      if (value.is_boolean)
        out_ += value.text == "true" ? "true" : "false";
      else
        jose::append_json_string(out_, value.text);
    }
  }

  void write(const OutField& field) {
    switch (field.term) {
      case Term::access_token:
        return text(field, std::string_view(tokens_.access_token));
      case Term::token_type:
        return text(field, std::string_view(tokens_.token_type));
      case Term::expires_in:
        return number(field, tokens_.expires_in_s);
      case Term::expires_at:
        return instant(field, tokens_.issued_at_s + tokens_.expires_in_s);
      case Term::refresh_token:
        return text(field, tokens_.refresh_token);
      case Term::refresh_expires_in:
        return refresh_number(field);
      case Term::refresh_expires_at:
        return refresh_instant(field);
      case Term::id_token:
        return text(field, tokens_.id_token);
      case Term::session_state:
        return text(field, tokens_.session_state);
      case Term::scope:
        return text(field, tokens_.scope);
      case Term::not_before_policy:
        return number(field, tokens_.not_before_policy_s);
      case Term::custom:
        return custom();
      case Term::constant:
        return absent(field);
    }
  }

  std::string& out_;
  const OutFields& fields_;
  const model::TokenSet& tokens_;
  bool first_ = true;
};

bool is_published(model::EndpointKind kind) {
  using enum model::EndpointKind;
  return kind == jwks || kind == certs || kind == discovery || kind == realm_info;
}

/// What the dialect tells of a client, in its order and by its names.
std::string encode_members(const EndpointLook& look, std::string_view document) {
  const auto parsed = jose::parse_json(document);
  const auto* const object = parsed ? parsed->if_object() : nullptr;
  boost::json::object told;
  for (const auto& [wire, standard] : look.members)
    if (const auto* const value = object != nullptr ? object->if_contains(standard) : nullptr) told[wire] = *value;
  return boost::json::serialize(told);
}

http::Response uncached(int status) { return {status, {{"Cache-Control", "no-store"}, {"Pragma", "no-cache"}}, {}}; }

/// RFC 6750, 3: no error is named to a request that shows no token.
std::string bearer_challenge(const std::string& space, const Answer& answer, Reason reason) {
  std::string challenge = fmt::format("Bearer realm=\"{}\"", space);
  if (reason == Reason::token_missing) return challenge;
  challenge += fmt::format(", error=\"{}\"", answer.code);
  if (!answer.text.empty()) challenge += fmt::format(", error_description=\"{}\"", answer.text);
  return challenge;
}

}  // namespace

std::string encode_tokens(const EndpointLook& look, std::string_view grant_type, const model::TokenSet& tokens) {
  std::string out;
  out.reserve(tokens.access_token.size() + (tokens.refresh_token ? tokens.refresh_token->size() : 0) +
              (tokens.id_token ? tokens.id_token->size() : 0) + 512);
  out += look.opening;
  FieldWriter(out, look.fields_for(grant_type), tokens).write_all();
  out += look.closing;
  return out;
}

http::Response uncached_json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"Pragma", "no-cache"}}, std::move(body)};
}

void add_retry_after(http::Response& response, const Error& error) {
  response.headers.emplace_back("Retry-After", std::to_string(std::max(error.retry_after_s, 1)));
}

http::Response encode_reply(const EndpointLook& look, const model::EndpointRequest& asked, model::Reply&& reply) {
  if (const auto* const tokens = std::get_if<model::TokenSet>(&reply))
    return uncached_json(look.success_status, encode_tokens(look, asked.grant_type, *tokens));
  if (auto* const document = std::get_if<model::Document>(&reply)) {
    if (!look.members.empty()) document->json = encode_members(look, document->json);
    if (!is_published(look.kind)) return uncached_json(look.success_status, std::move(document->json));
    return {200, {{"Content-Type", "application/json"}, {"Cache-Control", std::string(kPublicFor)}}, std::move(document->json)};
  }
  // RFC 7592, 2.3: of a client that is gone there is nothing to tell.
  http::Response response = uncached(look.kind == model::EndpointKind::client_configuration ? 204 : look.success_status);
  if (auto* const document = std::get_if<model::SignedDocument>(&reply)) {
    response.headers.emplace_back("Content-Type", "application/jwt");
    response.body = std::move(document->jwt);
  }
  if (auto* const verdict = std::get_if<model::Verdict>(&reply))
    for (auto& header : verdict->headers)
      if (http::is_field_value(header.second)) response.headers.push_back(std::move(header));
  return response;
}

http::Response encode_error(const EndpointLook& look, const std::string& space, const model::EndpointRequest& asked, const Error& error) {
  const Answer& answer = look.answer_for(error.reason, asked.grant_type);
  http::Response response = answer.body.empty() ? uncached(answer.status) : uncached_json(answer.status, answer.body);
  if (answer.status < 400) return response;
  if (const auto at = response.body.find(kLimit); at != std::string::npos) response.body.replace(at, kLimit.size(), error.limit);
  // Where there is no body the challenge says it all, whatever the status (RFC 6750, 3).
  if (takes_bearer(look) && (answer.status == 401 || answer.status == 403 || answer.body.empty()))
    response.headers.emplace_back("WWW-Authenticate", bearer_challenge(space, answer, error.reason));
  else if (answer.status == 401 && asked.credential.method == model::ClientAuthMethod::client_secret_basic)
    response.headers.emplace_back("WWW-Authenticate", fmt::format("Basic realm=\"{}\"", space));
  if (answer.status == 429 || answer.status == 503) add_retry_after(response, error);
  if (error.reason == Reason::method_not_allowed) response.headers.emplace_back("Allow", look.allow);
  return response;
}

}  // namespace tessera::dialects
