// What a token holds, whether it lives, and if not, why: for people who were handed one and a complaint.
#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "admin/operations.h"
#include "grants/liveness.h"
#include "jose/json.h"
#include "tokens/access_tokens.h"
#include "tokens/issuer.h"
#include "tokens/refresh_tokens.h"

namespace tessera::admin {
namespace {

constexpr std::size_t kTokenBytesMax = 16'384;
constexpr std::size_t kNoCache = 1;

void judge(TokenReport& report, const Status& status) {
  report.lives = status.has_value();
  if (report.lives) return;
  report.reason = base::reason_name(status.error().reason);
  report.explanation = base::reason_line(status.error().reason);
  if (!status.error().context.empty()) report.explanation += " (" + status.error().context + ")";
}

TokenReport dead(std::string kind, Error error) {
  TokenReport report{.kind = std::move(kind)};
  judge(report, std::unexpected(std::move(error)));
  return report;
}

/// The realm that `iss` names, or "".
std::string_view realm_of(const boost::json::object& claims, std::string_view base_url) {
  const auto* issuer = claims.if_contains("iss");
  if (issuer == nullptr || !issuer->is_string()) return {};
  const std::string_view text = issuer->get_string();
  const auto prefix = tokens::issuer_of(base_url, "");
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view{};
}

Status verify_access(const Services& services, const model::Realm& realm, std::string_view token) {
  const verifier::Verifier verifier(kNoCache);
  const tokens::AccessTokens access_tokens(verifier, services.keyring, services.revocations, services.base_url);
  TRY(access_tokens.judge(realm, token, services.clock.now()));
  return {};
}

}  // namespace

Status Operations::judge_family(const model::Family& family, const model::Realm& realm, std::int64_t generation, std::int64_t issued_at_s) {
  const Turn turn = turn_of(services_);
  model::Authorization authorization;
  authorization.realm = std::make_shared<const model::Realm>(realm);
  authorization.client = std::make_shared<const model::Client>(TRY(services_.config.find_client(turn, family.client)));
  if (family.user) authorization.user = std::make_shared<const model::User>(TRY(services_.config.find_user(turn, family.user)));
  if (family.session) authorization.session = TRY(services_.sessions.find_session(turn, family.session));
  authorization.family = family;
  authorization.proof_issued_at_s = issued_at_s != 0 ? issued_at_s : base::to_s(family.last_used_at);
  TRY(grants::require_live(authorization, turn.now));
  if (generation > family.generation) return fail(Reason::refresh_ahead);
  if (generation < family.generation) return fail(Reason::refresh_stale, fmt::format("generation {} of {}", generation, family.generation));
  return {};
}

Result<TokenReport> Operations::inspect_refresh_token(std::string_view token, std::string_view realm_name) {
  const auto parts = sessions::parse_refresh_token(token);
  if (!parts && realm_name.empty())
    return TokenReport{.kind = "unknown",
                       .reason = std::string(base::reason_name(Reason::token_malformed)),
                       .explanation =
                           "It is no token of this server, or not all of one: an access token has two dots, a refresh token "
                           "begins with tsr_."};
  const Turn turn = turn_of(services_);
  model::Realm realm;
  Handle family_id = parts ? parts->family : Handle{};
  if (parts) {
    const auto family = services_.sessions.find_family(turn, family_id);
    if (!family) return dead("refresh token", family.error());
    for (const auto& candidate : TRY(services_.config.realms()))
      if (candidate.id == family->realm) realm = candidate;
  } else {
    realm = TRY(find_realm(realm_name));
  }
  const tokens::RefreshTokens refresh_tokens(services_.keyring, model::rev_epoch(services_.revocations.head(realm.id)));
  const auto shown = refresh_tokens.read(realm.id, tokens::issuer_of(services_.base_url, realm.name), token);
  if (!shown) return dead("refresh token", shown.error());
  const auto family = services_.sessions.find_family(turn, shown->family);
  if (!family) return dead("refresh token", family.error());
  if (!refresh_tokens.authentic(*shown, *family)) return dead("refresh token", {Reason::refresh_malformed, "its MAC is not ours"});
  TokenReport report{.kind = "refresh token", .realm = realm.name};
  report.expires_at_s = shown->expires_at_s != 0 ? shown->expires_at_s : tokens::RefreshTokens::expires_at_s(*family, family->last_used_at);
  judge(report, judge_family(*family, realm, shown->generation, shown->issued_at_s));
  return report;
}

Result<TokenReport> Operations::inspect_jwt(std::string_view token) {
  const auto parsed = jose::parse_jwt(token);
  if (!parsed) return dead("unknown", parsed.error());
  const auto payload = jose::parse_json(parsed->payload);
  if (!payload || !payload->is_object()) return dead("unknown", {Reason::token_malformed, "the payload is no JSON object"});
  const auto& claims = payload->get_object();
  const auto* typ = claims.if_contains("typ");
  const bool refreshes = typ != nullptr && typ->is_string() && (typ->get_string() == "Refresh" || typ->get_string() == "Offline");

  const std::string_view realm_name = realm_of(claims, services_.base_url);
  const auto realm = find_realm(realm_name);
  TokenReport report{.kind = refreshes ? "refresh token" : "access token"};
  if (!realm)
    report = dead(report.kind, {Reason::token_issuer_wrong, "iss is not " + services_.base_url + "/realms/ and a realm of this server"});
  else if (refreshes)
    report = TRY(inspect_refresh_token(token, realm_name));
  else
    judge(report, verify_access(services_, *realm, token));
  report.claims_json = parsed->payload;
  if (realm) report.realm = realm->name;
  if (const auto* exp = claims.if_contains("exp"); exp != nullptr && exp->is_int64()) report.expires_at_s = exp->get_int64();
  return report;
}

Result<TokenReport> Operations::inspect_token(std::string_view token) {
  if (token.size() > kTokenBytesMax) return dead("unknown", {Reason::token_malformed, "longer than 16 KB"});
  return token.find('.') == token.npos ? inspect_refresh_token(token, "") : inspect_jwt(token);
}

}  // namespace tessera::admin
