#include "tokens/issuer.h"

#include "base/base64url.h"
#include "base/digest.h"
#include "policy/scope.h"
#include "tokens/claims.h"
#include "tokens/custom_fields.h"

namespace tessera::tokens {

std::string issuer_of(std::string_view base_url, std::string_view realm) {
  std::string issuer(base_url);
  issuer += "/realms/";
  issuer += realm;
  return issuer;
}

Result<model::TokenSet> Issuer::issue(const model::Authorization& authorization, model::Rev rev, TimePoint now) const {
  const model::Realm& realm = *authorization.realm;
  const model::Client& client = *authorization.client;
  const auto keys = keyring_.realm(realm.id);
  const auto signing = keys ? keys->signing.find(realm.policy.signing_alg) : decltype(keys->signing.end()){};
  if (!keys || signing == keys->signing.end())
    return fail(Reason::key_missing, "realm " + realm.name + " has no " + realm.policy.signing_alg + " key");
  const ClaimsProfile* profile = find_profile(client.policy->claims_profile);
  if (profile == nullptr) return fail(Reason::internal, "client " + client.client_id + " names an unknown claims profile");

  const std::string issuer = issuer_of(realm.name);
  const std::int64_t now_s = base::to_s(now);
  model::TokenSet tokens;
  tokens.jti = Handle::random();
  tokens.subject = profile->subject(authorization);
  tokens.issued_at_s = now_s;
  tokens.expires_in_s = authorization.expires_at_s - now_s;
  const jose::JwtBuilder& builder = profile->access_token_typ ? signing->second->access : signing->second->plain;
  tokens.access_token = TRY(builder.sign(access_claims(*profile, {authorization, issuer, tokens.jti, now_s, rev})));

  if (authorization.returns_refresh) {
    tokens.refresh_token = TRY(refresh_tokens_.mint(authorization, issuer, now));
    const std::int64_t end_s = RefreshTokens::expires_at_s(*authorization.family, now);
    tokens.refresh_expires_in_s = end_s == 0 ? 0 : end_s - now_s;
  }
  if (authorization.user && policy::has_scope_word(authorization.scope, "openid"))
    tokens.id_token = TRY(id_token(authorization, *keys, issuer, tokens.access_token, now_s));
  if (authorization.lineage.session) tokens.session_state = authorization.lineage.session.uuid();
  if (!authorization.scope.empty()) tokens.scope = authorization.scope;
  tokens.not_before_policy_s = model::latest_not_before_s(authorization);
  tokens.custom = custom_response_fields(authorization);
  return tokens;
}

Result<std::string> Issuer::id_token(const model::Authorization& authorization, const keys::RealmKeys& keys, std::string_view issuer,
                                     std::string_view access_token, std::int64_t now_s) const {
  const auto& signing = keys.signing.at(authorization.realm->policy.signing_alg);
  jose::JsonWriter claims;
  claims.field("exp", authorization.expires_at_s);
  claims.field("iat", now_s);
  if (authorization.auth_time_s != 0) claims.field("auth_time", authorization.auth_time_s);
  claims.field("jti", Handle::random().uuid());
  claims.field("iss", issuer);
  claims.field("aud", authorization.client->client_id);
  claims.field("sub", authorization.user->handle.uuid());
  claims.field("typ", "ID");
  claims.field("azp", authorization.client->client_id);
  if (authorization.lineage.session) claims.field("sid", authorization.lineage.session.uuid());
  // OpenID Connect Core 3.1.3.6: the left half of the hash of the access token. All algorithms here go with SHA-256 but EdDSA,
  // whose Ed25519 goes with SHA-512 and which has no agreed at_hash.
  if (authorization.realm->policy.signing_alg != "EdDSA")
    claims.field("at_hash", base::base64url_encode(std::string_view(base::sha256(access_token)).substr(0, 16)));
  claims.field("acr", "1");
  claims.field("email_verified", authorization.user->profile.email_verified);
  claims.field("preferred_username", authorization.user->username);
  return signing->plain.sign(std::move(claims).finish());
}

}  // namespace tessera::tokens
