#include "dialects/decode.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <unordered_set>

#include "base/control.h"
#include "clients/authenticator.h"
#include "http/chars.h"
#include "http/form.h"
#include "jose/json.h"

namespace tessera::dialects {
namespace {

bool has_scheme(std::string_view header, std::string_view scheme) {
  return header.size() >= scheme.size() && http::equal_without_case(header.substr(0, scheme.size()), scheme) &&
         (header.size() == scheme.size() || header[scheme.size()] == ' ');
}

enum class Body : std::uint8_t { none, form, json };

/// Which texts the `charset` of a Content-Type leaves without doubt: another reader would see other values in the rest.
enum class Charset : std::uint8_t { utf8, ascii, other };

Charset charset_called(std::string_view name) {
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
  if (http::equal_without_case(name, "utf-8")) return Charset::utf8;
  // Apache's HttpClient says ISO-8859-1 of every form.
  const bool is_ascii = http::equal_without_case(name, "iso-8859-1") || http::equal_without_case(name, "us-ascii");
  return is_ascii ? Charset::ascii : Charset::other;
}

/// UTF-8 where none is named, the narrowest where several are.
Charset charset_of(std::string_view header) {
  Charset narrowest = Charset::utf8;
  while (true) {
    const std::size_t semicolon = header.find(';');
    if (semicolon == std::string_view::npos) return narrowest;
    header.remove_prefix(semicolon + 1);
    const std::string_view parameter = http::trim(header.substr(0, header.find(';')));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!http::equal_without_case(http::trim(parameter.substr(0, equals)), "charset")) continue;
    narrowest = std::max(narrowest, charset_called(http::trim(parameter.substr(std::min(equals + 1, parameter.size())))));
  }
}

/// Whether the body holds nothing beyond ASCII, neither as it is nor percent-encoded.
bool is_ascii(std::string_view body) {
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (static_cast<unsigned char>(body[at]) > 0x7F) return false;
    if (body[at] == '%' && at + 1 < body.size() && std::string_view("89abcdefABCDEF").find(body[at + 1]) != std::string_view::npos)
      return false;
  }
  return true;
}

bool is_readable_in(Charset charset, std::string_view body) {
  return charset == Charset::utf8 || (charset == Charset::ascii && is_ascii(body));
}

/// Whether the body is what it looks like: nothing is unpacked here (RFC 9110, 8.4).
bool is_unencoded(const http::Request& request) {
  return std::all_of(request.headers.begin(), request.headers.end(), [](const http::Header& field) {
    return !http::equal_without_case(field.first, "Content-Encoding") || http::equal_without_case(field.second, "identity");
  });
}

/// What the body is, if the endpoint takes it. A request without a body needs no Content-Type.
Result<Body> body_of(const EndpointLook& look, const http::Request& request) {
  const auto header = request.header("Content-Type");
  if (!header && request.body.empty()) return Body::none;
  if (request.count("Content-Type") != 1) return fail(Reason::content_type_unsupported, "not one Content-Type");
  if (!is_unencoded(request)) return fail(Reason::content_type_unsupported, "a Content-Encoding");
  if (!is_readable_in(charset_of(*header), request.body)) return fail(Reason::content_type_unsupported, "a charset other than UTF-8");
  const std::string_view type = http::trim(header->substr(0, header->find(';')));
  if (look.takes_form && http::equal_without_case(type, "application/x-www-form-urlencoded")) return Body::form;
  if (look.takes_json && http::equal_without_case(type, "application/json")) return Body::json;
  return fail(Reason::content_type_unsupported, "another type");
}

/// The members that the dialect names. They are strings; what others hold is nobody's concern here.
Result<http::FormFields> read_json(const EndpointLook& look, std::string_view body) {
  const auto parsed = TRY(jose::parse_json(body));
  const auto* const object = parsed.if_object();
  if (object == nullptr) return fail(Reason::body_malformed, "not a JSON object");
  if (object->size() > http::FormLimits{}.parameters) return fail(Reason::parameters_too_many, "too many members");
  http::FormFields fields;
  for (const auto& [key, value] : *object) {
    const std::string_view standard = look.standard_name({key.data(), key.size()});
    if (standard.empty()) continue;
    const auto* const text = value.if_string();
    if (text == nullptr) return fail(Reason::parameter_invalid, std::string(standard) + " is no string");
    const std::string_view view(text->data(), text->size());
    if (base::has_control(view)) return fail(Reason::parameter_invalid, std::string(standard) + " holds a control character");
    fields.emplace_back(std::string(key.data(), key.size()), Secret(std::string(view)));
  }
  return fields;
}

Result<http::FormFields> read_body(const EndpointLook& look, Body body, std::string_view text) {
  switch (body) {
    case Body::form:
      return http::parse_form(text);
    case Body::json:
      return read_json(look, text);
    case Body::none:
      break;
  }
  if (look.takes_form) return http::FormFields{};
  return fail(Reason::body_malformed, "no body");
}

/// Whether a key is given twice, known or not: two readers may pick different ones.
bool has_duplicates(const http::FormFields& fields) {
  std::unordered_set<std::string_view> seen;
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return !seen.insert(field.first).second; });
}

/// By what the body shows. Two ways at once are none (RFC 6749, 2.3), and an assertion names its client, who need not be named beside it
/// (RFC 7521, 4.2).
void take_method(model::ClientCredential& credential) {
  using enum model::ClientAuthMethod;
  if (!credential.secret.empty()) credential.method = client_secret_post;
  if (credential.assertion.empty()) return;
  credential.ambiguous = !credential.secret.empty();
  credential.method = private_key_jwt;
  if (credential.client_id.empty()) credential.client_id = clients::claimed_client(credential.assertion.reveal());
}

/// Spreads the fields by their standard names.
void take_fields(const EndpointLook& look, http::FormFields fields, model::EndpointRequest& asked) {
  for (auto& [wire, value] : fields) {
    const std::string_view standard = look.standard_name(wire);
    if (standard.empty())
      continue;
    else if (standard == "grant_type")
      asked.grant_type = value.reveal();
    else if (standard == "client_id" && look.client_in_body)
      asked.credential.client_id = value.reveal();
    else if (standard == "client_secret" && look.client_in_body)
      asked.credential.secret = std::move(value);
    else if (standard == "client_assertion")
      asked.credential.assertion = std::move(value);
    else if (standard == "client_assertion_type")
      asked.credential.assertion_type = value.reveal();
    else if (standard != "client_id" && standard != "client_secret")
      asked.parameters.add(std::string(standard), std::move(value));
  }
  take_method(asked.credential);
}

/// Basic beside the body: the same client said twice is one client, anything else is ambiguous (RFC 6749, 2.3). A dialect whose clients
/// are in the body alone takes nothing from it, but another reader may, and two that differ must not both be right.
void take_basic(const EndpointLook& look, const http::Request& request, model::ClientCredential& credential) {
  int given = 0;
  std::string_view basic;
  for (const auto& [name, value] : request.headers) {
    if (!http::equal_without_case(name, "Authorization") || !has_scheme(value, "Basic")) continue;
    basic = value;
    ++given;
  }
  const bool named_in_body = !credential.client_id.empty() || !credential.secret.empty() || !credential.assertion.empty();
  if (given == 0 || (!look.client_in_basic && !named_in_body)) return;
  auto parsed = http::parse_basic_auth(basic);
  if (look.client_in_basic) credential.method = model::ClientAuthMethod::client_secret_basic;
  if (!parsed) {
    credential.ambiguous = named_in_body || given > 1;
    return;
  }
  auto& [id, secret] = *parsed;
  const bool other_id = !credential.client_id.empty() && credential.client_id != id;
  const bool other_secret = !credential.secret.empty() && !base::equal_constant_time(credential.secret.reveal(), secret.reveal());
  credential.ambiguous = given > 1 || other_id || other_secret || !credential.assertion.empty();
  if (!look.client_in_basic) return;
  credential.client_id = std::move(id);
  credential.secret = std::move(secret);
}

/// RFC 6750, 2.2: in the form of a POST, where userinfo takes it (OpenID Connect Core, 5.3.1). One in the header too is one too many.
Status take_bearer_form(const http::Request& request, std::vector<std::string>& tokens) {
  const auto type = request.header("Content-Type").value_or("");
  if (request.method != "POST" || request.count("Content-Type") != 1 || !is_readable_in(charset_of(type), request.body) ||
      !is_unencoded(request))
    return {};
  if (!http::equal_without_case(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded")) return {};
  for (const auto& [name, value] : TRY(http::parse_form(request.body)))
    if (name == "access_token") tokens.emplace_back(value.reveal());
  return {};
}

}  // namespace

std::vector<std::string> bearer_tokens(const http::Request& request) {
  std::vector<std::string> tokens;
  for (const auto& [name, value] : request.headers)
    if (http::equal_without_case(name, "Authorization") && has_scheme(value, "Bearer"))
      tokens.push_back(http::parse_bearer(value).value_or(std::string()));
  return tokens;
}

namespace {

/// A dialect may write a scope as a list, and a list of one as its item.
boost::json::value in_standard_form(std::string_view standard, const boost::json::value& value) {
  if (standard == "redirect_uris" && value.is_string()) return boost::json::array{value};
  if (standard != "scope" || !value.is_array()) return value;
  std::string words;
  for (const auto& word : value.get_array()) {
    if (!word.is_string()) return value;
    words += (words.empty() ? "" : " ") + std::string(word.get_string());
  }
  return boost::json::string(words);
}

/// What a client says of itself, by standard names. A dialect that lists names takes no others.
Result<std::string> read_metadata(const EndpointLook& look, std::string_view body) {
  const auto parsed = TRY(jose::parse_json(body));
  const auto* const object = parsed.if_object();
  if (object == nullptr) return fail(Reason::body_malformed, "not a JSON object");
  if (object->size() > http::FormLimits{}.parameters) return fail(Reason::parameters_too_many, "too many members");
  if (look.names_in.empty()) return std::string(body);
  boost::json::object standard;
  for (const auto& [key, value] : *object)
    if (const auto name = look.standard_name({key.data(), key.size()}); !name.empty()) standard[name] = in_standard_form(name, value);
  if (!look.implied_grants.empty()) standard.emplace("grant_types", boost::json::value_from(look.implied_grants));
  return boost::json::serialize(standard);
}

Status decode_registration(const EndpointLook& look, const http::Request& request, model::EndpointRequest& asked) {
  if (request.method == "GET") asked.verb = model::Verb::read;
  if (request.method == "DELETE") asked.verb = model::Verb::remove;
  if (request.method == "PUT") asked.verb = look.amends ? model::Verb::amend : model::Verb::replace;
  const bool has_document = request.method == "PUT" || look.kind == model::EndpointKind::registration;
  if (!has_document) return {};
  if (TRY(body_of(look, request)) == Body::none) return fail(Reason::body_malformed, "no body");
  asked.document = TRY(read_metadata(look, request.body));
  return {};
}

}  // namespace

Status decode(const EndpointLook& look, const http::Request& request, model::EndpointRequest& asked) {
  asked.grant_type = look.implied_grant;
  if (std::find(look.methods.begin(), look.methods.end(), request.method) == look.methods.end()) return fail(Reason::method_not_allowed);
  if (takes_bearer(look)) asked.bearer_tokens = bearer_tokens(request);
  if (look.kind == model::EndpointKind::userinfo) TRY(take_bearer_form(request, asked.bearer_tokens));
  if (model::is_about_registration(look.kind)) return decode_registration(look, request, asked);
  if (look.names_in.empty()) return {};
  const Body body = TRY(body_of(look, request));
  http::FormFields fields = TRY(read_body(look, body, request.body));
  asked.duplicated = has_duplicates(fields);
  // RFC 6749, 3.2: a form's parameter without a value is as good as left out.
  if (body == Body::form) std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  take_fields(look, std::move(fields), asked);
  take_basic(look, request, asked.credential);
  return {};
}

}  // namespace tessera::dialects
