#include "dialects/forward_auth.h"

#include <fmt/format.h>

#include "dialects/checks.h"
#include "dialects/decode.h"
#include "dialects/encode.h"
#include "http/chars.h"
#include "http/form.h"

namespace tessera::dialects {
namespace {

/// The values of `token` in the query that the proxy's client sent. The rest of that query is the API's, whatever its form.
std::vector<std::string> query_tokens(std::string_view uri) {
  std::vector<std::string> tokens;
  const std::size_t mark = uri.find('?');
  if (mark == std::string_view::npos) return tokens;
  std::string_view query = uri.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (http::form_decode(pair.substr(0, equals)) != "token") continue;
    tokens.push_back(http::form_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or(std::string()));
  }
  return tokens;
}

/// One line for the operator, whose proxy it is. An outsider's text is cut before it is kept.
std::unexpected<Error> misasked(std::string_view name, std::string_view fault) {
  return fail(Reason::question_invalid, fmt::format("the proxy's question: `{}` {}", name.substr(0, 64), fault));
}

struct Refusal {
  int status;
  std::string_view code;
  std::string_view text;
};

Refusal refusal_of(Reason reason) {
  const std::string_view code = base::reason_oauth_code(reason);
  if (code == "insufficient_scope") return {403, "insufficient_scope", "The access token lacks the required scope"};
  if (code == "access_denied" || code == "not_found" || reason == Reason::https_required)
    return {403, "access_denied", "Access is not allowed here"};
  if (code == "server_error" || code == "temporarily_unavailable" || code == "slow_down" || code.empty())
    return {503, "temporarily_unavailable", "The access token could not be checked"};
  if (reason == Reason::token_ambiguous) return {401, "invalid_request", "The request carries more than one access token"};
  if (code == "invalid_request") return {401, "invalid_request", "The request carries no access token that can be accepted"};
  return {401, "invalid_token", "The access token is not valid"};
}

}  // namespace

Status decode_question(const http::Request& request, bool from_listed_proxy, model::EndpointRequest& asked) {
  asked.bearer_tokens = bearer_tokens(request);
  if (from_listed_proxy) {
    for (const auto& [name, value] : request.headers) {
      if (!http::equal_without_case(name, "X-Original-URI")) continue;
      const auto tokens = query_tokens(value);
      asked.query_tokens.insert(asked.query_tokens.end(), tokens.begin(), tokens.end());
    }
  }
  auto wanted = http::parse_query(request.query);
  if (!wanted) return fail(Reason::question_invalid, "the proxy's question: " + wanted.error().context);
  // A requirement that a slip left out would be met by every token.
  for (auto& [name, value] : *wanted) {
    if (name != "scope" && name != "audience") return misasked(name, "is no parameter; write scope or audience");
    if (value.empty()) return misasked(name, "is empty; say what is needed, or leave it out");
    if (asked.parameters.find(name)) return misasked(name, "is given twice; write all words into one");
    asked.parameters.add(name, std::move(value));
  }
  return {};
}

http::Response encode_refusal(const std::string& space, const model::EndpointRequest& asked, const Error& error) {
  const Refusal refusal = refusal_of(error.reason);
  http::Response response =
      uncached_json(refusal.status, fmt::format(R"({{"error":"{}","error_description":"{}"}})", refusal.code, refusal.text));
  if (refusal.status == 503) {
    add_retry_after(response, error);
    return response;
  }
  std::string challenge = fmt::format("Bearer realm=\"{}\"", space);
  if (error.reason != Reason::token_missing) {
    challenge += fmt::format(", error=\"{}\", error_description=\"{}\"", refusal.code, refusal.text);
    const auto scope = asked.parameters.find("scope");
    if (error.reason == Reason::token_scope_insufficient && scope && is_plain_text(*scope))
      challenge += fmt::format(", scope=\"{}\"", *scope);
  }
  response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return response;
}

}  // namespace tessera::dialects
