#include "tokens/refresh_tokens.h"

#include <algorithm>

#include "base/digest.h"
#include "jose/json.h"
#include "policy/scope.h"
#include "tokens/claims.h"

namespace tessera::tokens {

bool is_offline(const model::Family& family) { return policy::has_scope_word(family.scope, "offline_access"); }

namespace {

constexpr std::size_t kMacKeysKept = 1'024;

/// A rotated token is computed, so that whoever asks twice within the leeway gets the same one; a reissued one is new each time.
Handle jwt_id(const model::Family& family) {
  if (family.mode != model::RefreshMode::rotate) return Handle::random();
  const std::string digest =
      base::sha256("refresh jti/" + family.handle.str() + '/' + std::to_string(family.generation) + '/' + family.nonce.str());
  Handle id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace

RefreshTokens::RefreshTokens(const keys::Keyring& keyring, std::int64_t epoch)
    : keyring_(keyring), epoch_(epoch), mac_keys_(kMacKeysKept) {}

std::shared_ptr<const Secret> RefreshTokens::mac_key(model::RealmId realm, const std::string& kid, const Secret& server_key) const {
  const std::lock_guard lock(mac_keys_mutex_);
  if (const auto* const known = mac_keys_.find(kid)) return *known;
  return mac_keys_.put(kid, std::make_shared<const Secret>(sessions::derive_refresh_key(server_key, realm, epoch_)));
}

std::int64_t RefreshTokens::expires_at_s(const model::Family& family, TimePoint now) {
  // An offline token has no end of its own (OpenID Connect Core, 11): its idle clock runs in the row.
  if (is_offline(family)) return family.expires_at_s;
  const std::int64_t idle_end_s = family.idle_ttl_s > 0 ? base::to_s(now) + family.idle_ttl_s : 0;
  if (idle_end_s == 0 || family.expires_at_s == 0) return std::max(idle_end_s, family.expires_at_s);
  return std::min(idle_end_s, family.expires_at_s);
}

Result<std::string> RefreshTokens::mint(const model::Authorization& authorization, const RefreshTokenNames& names, TimePoint now) const {
  if (authorization.client->policy->refresh_format == model::RefreshFormat::jwt) return mint_jwt(authorization, names, now);
  const auto keys = keyring_.realm(authorization.realm->id);
  const auto key = keys ? keys->refresh_mac.find(keys->refresh_mac_kid) : decltype(keys->refresh_mac.end()){};
  if (!keys || key == keys->refresh_mac.end()) return fail(Reason::key_missing, "no key for refresh tokens");
  return sessions::mint_refresh_token(key->first, *mac_key(authorization.realm->id, key->first, *key->second), *authorization.family);
}

Result<std::string> RefreshTokens::mint_jwt(const model::Authorization& authorization, const RefreshTokenNames& names,
                                            TimePoint now) const {
  const auto keys = TRY(keyring_.require(*authorization.realm));
  const auto* const signing = TRY(keys->signing_by("HS512"));
  const model::Family& family = *authorization.family;
  const TimePoint issued_at = family.mode == model::RefreshMode::rotate ? family.last_used_at : now;
  const std::int64_t exp_s = expires_at_s(family, issued_at);
  jose::JsonWriter claims;
  if (exp_s != 0) claims.field("exp", exp_s);
  claims.field("iat", base::to_s(issued_at));
  claims.field("jti", jwt_id(family).uuid());
  claims.field("iss", names.issuer);
  claims.field("aud", names.issuer);
  claims.field("sub", names.subject);
  claims.field("typ", is_offline(family) ? "Offline" : "Refresh");
  claims.field("azp", authorization.client->client_id);
  if (family.session) claims.field("sid", family.session.uuid());
  claims.field("scope", family.scope);
  claims.field("family", family.handle.str());
  claims.field("generation", family.generation);
  return signing->plain.sign(std::move(claims).finish());
}

Result<ShownRefreshToken> RefreshTokens::read(model::RealmId realm, std::string_view issuer, std::string_view text) const {
  if (text.find('.') != std::string_view::npos) return read_jwt(realm, issuer, text);
  auto parts = TRY(sessions::parse_refresh_token(text));
  ShownRefreshToken shown{.family = parts.family, .generation = parts.generation, .opaque = std::nullopt};
  shown.opaque = std::move(parts);
  return shown;
}

namespace {

/// The members that a refresh JWT of ours must have.
Result<ShownRefreshToken> read_refresh_claims(const boost::json::object& claims, std::string_view issuer) {
  const auto text = [&claims](std::string_view name) -> std::string_view {
    const auto* value = claims.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
  };
  const auto number = [&claims](std::string_view name) -> std::int64_t {
    const auto* value = claims.if_contains(name);
    return value && value->is_int64() ? value->get_int64() : -1;
  };
  const auto family = Handle::parse(text("family"));
  const bool known_type = text("typ") == "Refresh" || text("typ") == "Offline";
  if (!known_type || text("iss") != issuer || !family || number("generation") < 0 || number("iat") < 0)
    return fail(Reason::refresh_malformed, "not a refresh token of this realm");
  return ShownRefreshToken{.family = *family,
                           .generation = number("generation"),
                           .issued_at_s = number("iat"),
                           .expires_at_s = std::max<std::int64_t>(number("exp"), 0),
                           .opaque = std::nullopt};
}

}  // namespace

Result<ShownRefreshToken> RefreshTokens::read_jwt(model::RealmId realm, std::string_view issuer, std::string_view text) const {
  const auto parsed = jose::parse_jwt(text);
  if (!parsed) return fail(Reason::refresh_malformed, parsed.error().context);
  const auto keys = keyring_.realm(realm);
  const auto key = keys ? keys->verify.find(parsed->kid) : decltype(keys->verify.end()){};
  if (!keys || key == keys->verify.end() || key->second.alg() != jose::Alg::hs512 || parsed->alg != "HS512")
    return fail(Reason::refresh_malformed, "signed under no refresh key of this realm");
  if (!key->second.verify(parsed->signing_input, parsed->signature))
    return fail(Reason::refresh_malformed, "the signature does not verify");
  const auto claims = jose::parse_json(parsed->payload);
  if (!claims || !claims->is_object()) return fail(Reason::refresh_malformed, "the payload is no JSON object");
  return read_refresh_claims(claims->get_object(), issuer);
}

bool RefreshTokens::authentic(const ShownRefreshToken& shown, const model::Family& family) const {
  // What a restored backup brought back belongs to an older epoch: it is dead, whatever its form.
  if (model::rev_epoch(family.rev) != epoch_) return false;
  if (!shown.opaque) return true;
  const auto keys = keyring_.realm(family.realm);
  if (!keys) return false;
  const auto key = keys->refresh_mac.find(shown.opaque->kid);
  return key != keys->refresh_mac.end() &&
         sessions::refresh_mac_matches(*shown.opaque, *mac_key(family.realm, key->first, *key->second), family);
}

}  // namespace tessera::tokens
