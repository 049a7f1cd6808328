#include "dialects/browser.h"

#include <algorithm>
#include <unordered_set>

#include "dialects/encode.h"
#include "http/chars.h"
#include "http/form.h"

namespace tessera::dialects {
namespace {

using model::EndpointKind;

/// Bound to this host, to all of its paths and to TLS by the browser itself; without TLS a browser takes no such name.
constexpr std::string_view kHostPrefix = "__Host-";
constexpr std::size_t kCookiesMax = 64;

/// RFC 6265, 5.4: "name=value; name=value". Those of others pass by.
void read_cookies(const http::Request& request, model::EndpointRequest& asked) {
  for (const auto& [name, value] : request.headers) {
    if (!http::equal_without_case(name, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty() && asked.cookies.size() < kCookiesMax) {
      const auto end = std::min(rest.find(';'), rest.size());
      auto pair = http::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const bool bound = pair.starts_with(kHostPrefix);
      if (bound) pair.remove_prefix(kHostPrefix.size());
      // Over TLS only what a page of another host or a plain connection can't have set.
      if (bound != asked.peer.secure || !pair.starts_with("tessera-")) continue;
      const auto equals = std::min(pair.find('='), pair.size());
      asked.cookies.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    }
  }
}

Result<http::FormFields> read_fields(const http::Request& request) {
  if (request.method == "GET") return http::parse_query(request.query);
  const auto type = request.header("Content-Type").value_or("");
  if (!http::equal_without_case(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded"))
    return fail(Reason::content_type_unsupported);
  return http::parse_form(request.body);
}

std::string cookie_header(const model::Cookie& cookie, bool secure) {
  std::string header(secure ? kHostPrefix : std::string_view());
  header += cookie.name + '=' + cookie.value + "; Path=/";
  if (!cookie.for_frames) header += "; HttpOnly";
  // A frame of another site gets no other; without TLS a browser takes it for none.
  header += cookie.for_frames && secure ? "; SameSite=None" : "; SameSite=Lax";
  if (secure) header += "; Secure";
  if (cookie.value.empty()) header += "; Max-Age=0";
  return header;
}

/// What goes back, in the dialect's order: of a success the code and what goes with it, of an error the dialect's word for it.
std::vector<std::pair<std::string, std::string>> response_parameters(const EndpointLook& look, const model::Redirection& redirection,
                                                                     const std::optional<Error>& refusal) {
  std::vector<std::pair<std::string, std::string>> parameters;
  if (refusal) {
    const Answer& answer = look.answer_for(refusal->reason, "");
    parameters.emplace_back("error", answer.code);
    if (!answer.text.empty()) parameters.emplace_back("error_description", answer.text);
  }
  for (const std::string& name : look.response)
    for (const auto& [given, value] : redirection.parameters)
      if (given == name && !value.empty()) parameters.emplace_back(given, value);
  return parameters;
}

http::Response redirect(const model::EndpointRequest& asked, const EndpointLook& look, const model::Redirection& redirection,
                        const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string location = redirection.uri;
  char before = redirection.mode == model::ResponseMode::fragment ? '#' : location.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    location += before;
    location += name + '=' + http::form_encode(value);
    before = '&';
  }
  // RFC 9700, 4.12: after a form a browser must not send what it held to the client.
  const int status = look.kind == EndpointKind::interact || !asked.by_get ? 303 : 302;
  return {status,
          {{"Location", std::move(location)}, {"Cache-Control", "no-store"}, {"Pragma", "no-cache"}, {"Referrer-Policy", "no-referrer"}},
          {}};
}

}  // namespace

bool is_visit(const EndpointLook& look, const http::Request& request) {
  if (model::answers_browsers(look.kind)) return true;
  if (look.kind != EndpointKind::logout || !look.takes("id_token_hint")) return false;
  if (request.method == "GET" || !look.takes("refresh_token")) return true;
  const auto fields = request.method == "POST" ? read_fields(request) : fail(Reason::method_not_allowed);
  // What can't be read is answered as ever.
  return fields && std::ranges::none_of(*fields, [&](const auto& field) { return look.standard_name(field.first) == "refresh_token"; });
}

Status decode_visit(const EndpointLook& look, const http::Request& request, model::EndpointRequest& asked) {
  asked.by_get = request.method == "GET";
  if (std::find(look.methods.begin(), look.methods.end(), request.method) == look.methods.end()) return fail(Reason::method_not_allowed);
  read_cookies(request, asked);
  asked.accept_language = request.header("Accept-Language").value_or("");
  asked.referer = request.header("Referer").value_or("");
  http::FormFields fields = TRY(read_fields(request));
  std::unordered_set<std::string_view> seen;
  for (auto& [wire, value] : fields) {
    // Our own forms have our own names.
    const std::string_view standard = look.kind == EndpointKind::interact ? std::string_view(wire) : look.standard_name(wire);
    if (standard.empty()) continue;
    if (!seen.insert(standard).second) asked.duplicated = true;
    if (standard == "client_secret") continue;  // of no use to a browser, and never among the parameters
    if (standard == "client_id") asked.credential.client_id = value.reveal();
    asked.parameters.add(std::string(standard), std::move(value));
  }
  return {};
}

http::Response encode_visit(const EndpointLook& look, const model::EndpointRequest& asked, const model::BrowserReply& reply,
                            const RenderPage& render) {
  http::Response response;
  if (const auto* const page = std::get_if<model::Page>(&reply.answer)) {
    response = render(*page);
  } else {
    const auto& redirection = std::get<model::Redirection>(reply.answer);
    auto parameters = response_parameters(look, redirection, reply.refusal);
    response = redirection.mode == model::ResponseMode::form_post
                   ? render({.brand = {}, .content = model::FormPostPage{redirection.uri, std::move(parameters)}})
                   : redirect(asked, look, redirection, parameters);
  }
  for (const auto& cookie : reply.cookies) response.headers.emplace_back("Set-Cookie", cookie_header(cookie, asked.peer.secure));
  return response;
}

http::Response encode_error_page(const EndpointLook& look, const model::EndpointRequest& asked, const Error& error,
                                 const RenderPage& render) {
  const Answer& answer = look.answer_for(error.reason, "");
  http::Response response = render({.status = answer.status,
                                    .brand = {.display_name = asked.realm, .logo_uri = {}, .accent_color = {}},
                                    .content = model::ErrorPage{answer.code, answer.text, asked.request_id}});
  if (answer.status == 429 || answer.status == 503) add_retry_after(response, error);
  if (error.reason == Reason::method_not_allowed) response.headers.emplace_back("Allow", look.allow);
  return response;
}

}  // namespace tessera::dialects
