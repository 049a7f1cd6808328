#include <algorithm>

#include "endpoints/endpoints.h"
#include "policy/scope.h"

namespace tessera::endpoints {

namespace {

/// The proxy's word, for the operator who wrote it; cut, since others may ask as well.
constexpr std::size_t kWordShownMax = 64;

Status require_scope(const model::AccessToken& token, std::string_view required) {
  const auto wanted = policy::split_scope(required);
  const auto held = policy::split_scope(token.scope);
  if (!wanted) return fail(Reason::question_invalid, "the proxy's question: `scope` is no list of words, each after one space");
  if (!held) return fail(Reason::token_scope_insufficient, "a scope that can't be read");
  for (const auto& word : *wanted)
    if (std::find(held->begin(), held->end(), word) == held->end())
      return fail(Reason::token_scope_insufficient, word.substr(0, kWordShownMax));
  return {};
}

}  // namespace

Result<model::Reply> VerifyEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  const std::size_t shown = request.bearer_tokens.size() + request.query_tokens.size();
  if (shown == 0) return fail(Reason::token_missing);
  if (shown > 1 || request.duplicated) return fail(Reason::token_ambiguous);
  const bool in_query = !request.query_tokens.empty();
  const std::string& text = in_query ? request.query_tokens.front() : request.bearer_tokens.front();
  const auto token =
      TRY(services_.access_tokens.judge(*realm, text, turn.now, request.parameters.find("audience").value_or(std::string_view{})));
  if (in_query) TRY(require_query_allowed(*token, turn));
  if (const auto scope = request.parameters.find("scope")) TRY(require_scope(*token, *scope));

  model::Verdict verdict;
  verdict.headers = {{"X-Tessera-Client-Id", token->client_id},
                     {"X-Tessera-Subject", token->subject},
                     {"X-Tessera-Scope", token->scope},
                     {"X-Tessera-Token-Id", token->jti.str()}};
  if (!token->username.empty()) verdict.headers.emplace_back("X-Tessera-Username", token->username);
  return model::Reply(std::move(verdict));
}

Status VerifyEndpoint::require_query_allowed(const model::AccessToken& token, const Turn& turn) {
  // Access logs and browser histories outlive a page: what lives long or is bound to a key has no place in a URL.
  if (token.extended || !token.confirmation.empty()) return fail(Reason::token_in_query_forbidden, "extended or bound token");
  const auto entry = services_.directory.client(turn, token.lineage.client);
  if (!entry)
    return entry.error().reason == Reason::client_unknown ? fail(Reason::token_revoked, "the client is gone")
                                                          : std::unexpected(entry.error());
  if (!(*entry)->client.policy->token_in_query) return fail(Reason::token_in_query_forbidden, (*entry)->client.client_id);
  return {};
}

}  // namespace tessera::endpoints
