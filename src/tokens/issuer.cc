#include "tokens/issuer.h"

#include "policy/scope.h"
#include "tokens/claims.h"
#include "tokens/custom_fields.h"
#include "tokens/id_claims.h"
#include "tokens/subject.h"

namespace tessera::tokens {

std::string issuer_of(std::string_view base_url, std::string_view realm) {
  std::string issuer(base_url);
  issuer += "/realms/";
  issuer += realm;
  return issuer;
}

namespace {

constexpr std::int64_t kLogoutTokenTtlS = 120;

}  // namespace

Result<std::string> Issuer::subject_of(const model::Realm& realm, const model::Client& client, const Handle& user) const {
  return tokens::subject_of(*TRY(keyring_.require(realm)), client, user);
}

Result<std::string> Issuer::logout_token(const model::Realm& realm, const model::Client& client, const EndedSession& ended,
                                         TimePoint now) const {
  const auto keys = TRY(keyring_.require(realm));
  // By what the client expects of its ID tokens, too (2.4).
  const auto* const signing = TRY(keys->signing_by(client.policy->id_token_signed_response_alg));
  const std::int64_t now_s = base::to_s(now);
  jose::JsonWriter claims;
  claims.field("iat", now_s);
  claims.field("exp", now_s + kLogoutTokenTtlS);
  claims.field("jti", Handle::random().uuid());
  claims.field("iss", issuer_of(realm.name));
  claims.field("aud", client.client_id);
  claims.field("sub", TRY(tokens::subject_of(*keys, client, ended.user)));
  claims.field("typ", "Logout");
  claims.field("sid", ended.session.uuid());
  claims.raw("events", R"({"http://schemas.openid.net/event/backchannel-logout":{}})");
  // Its own type in the header: no such token passes for an ID token, nor the other way round (2.4, 4).
  return jose::JwtBuilder(signing->plain.key(), "logout+jwt").sign(std::move(claims).finish());
}

Result<model::TokenSet> Issuer::issue(const model::Authorization& authorization, model::Rev rev, TimePoint now) const {
  const model::Realm& realm = *authorization.realm;
  const model::Client& client = *authorization.client;
  const auto keys = TRY(keyring_.require(realm));
  const auto* const signing = TRY(keys->signing_by(realm.policy.signing_alg));
  const ClaimsProfile* profile = find_profile(client.policy->claims_profile);
  if (profile == nullptr) return fail(Reason::internal, "client " + client.client_id + " names an unknown claims profile");

  const std::string issuer = issuer_of(realm.name);
  const std::int64_t now_s = base::to_s(now);
  const std::string own = profile->client_subject(client);
  const std::string subject = authorization.user ? TRY(tokens::subject_of(*keys, client, authorization.user->handle)) : own;
  model::TokenSet tokens;
  tokens.jti = Handle::random();
  tokens.subject = authorization.user ? authorization.user->handle.uuid() : own;
  tokens.issued_at_s = now_s;
  tokens.expires_in_s = authorization.expires_at_s - now_s;
  const jose::JwtBuilder& builder = profile->access_token_typ ? signing->access : signing->plain;
  tokens.access_token = TRY(builder.sign(access_claims(*profile, {authorization, issuer, subject, tokens.jti, now_s, rev})));

  if (authorization.returns_refresh) {
    tokens.refresh_token = TRY(refresh_tokens_.mint(authorization, {.issuer = issuer, .subject = subject}, now));
    const std::int64_t end_s = RefreshTokens::expires_at_s(*authorization.family, now);
    tokens.refresh_expires_in_s = end_s == 0 ? 0 : end_s - now_s;
  }
  if (authorization.user && policy::has_scope_word(authorization.scope, "openid")) {
    const jose::JwtBuilder& id_builder = TRY(keys->signing_by(client.policy->id_token_signed_response_alg))->plain;
    tokens.id_token = TRY(id_builder.sign(id_claims({authorization, issuer, subject, tokens.access_token, now_s, id_builder.key().alg()})));
  }
  if (authorization.lineage.session) tokens.session_state = authorization.lineage.session.uuid();
  if (!authorization.scope.empty()) tokens.scope = authorization.scope;
  tokens.not_before_policy_s = model::latest_not_before_s(authorization);
  tokens.custom = custom_response_fields(authorization);
  return tokens;
}

}  // namespace tessera::tokens
