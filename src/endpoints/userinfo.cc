#include "endpoints/endpoints.h"
#include "policy/scope.h"
#include "tokens/id_claims.h"
#include "tokens/subject.h"

namespace tessera::endpoints {

Result<model::Reply> UserinfoEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto realm = TRY(clients::require_realm(services_.directory, request));
  if (request.bearer_tokens.empty()) return fail(Reason::token_missing);
  if (request.bearer_tokens.size() > 1) return fail(Reason::token_ambiguous);
  const auto token = TRY(services_.access_tokens.judge(*realm, request.bearer_tokens.front(), turn.now));
  if (!policy::has_scope_word(token->scope, "openid")) return fail(Reason::token_scope_insufficient, "openid");
  const auto user = TRY(require_user(*token, turn));
  const auto entry = services_.directory.client(turn, token->lineage.client);
  if (!entry)
    return entry.error().reason == Reason::client_unknown ? fail(Reason::token_revoked, "the client is gone")
                                                          : std::unexpected(entry.error());

  const model::Client& client = (*entry)->client;
  const auto keys = TRY(services_.keyring.require(*realm));
  const std::string subject = TRY(tokens::subject_of(*keys, client, user->handle));
  tokens::UserinfoInput input{
      .user = *user, .subject = subject, .scope = token->scope, .claims = token->userinfo_claims, .profile = client.policy->claims_profile};
  const std::string& alg = client.policy->userinfo_signed_response_alg;
  if (alg.empty()) return model::Reply(model::Document{tokens::userinfo_claims(input)});
  const std::string issuer = services_.issuer.issuer_of(realm->name);
  input.issuer = issuer;
  input.audience = client.client_id;
  const auto* const signing = TRY(keys->signing_by(alg));
  auto jwt = TRY(signing->plain.sign(tokens::userinfo_claims(input)));
  return model::Reply(model::SignedDocument{std::move(jwt)});
}

Result<std::shared_ptr<const model::User>> UserinfoEndpoint::require_user(const model::AccessToken& token, const Turn& turn) {
  // A client's own token speaks of nobody.
  if (!token.lineage.user) return fail(Reason::token_revoked, "the token has no user");
  auto user = services_.directory.user(turn, token.lineage.user);
  if (!user) return user.error().reason == Reason::user_unknown ? fail(Reason::token_revoked, "the user is gone") : std::move(user);
  if (!(*user)->enabled) return fail(Reason::token_revoked, "the user is disabled");
  return user;
}

}  // namespace tessera::endpoints
