// RFC 6749, 4.1.3, with PKCE (RFC 7636, 4.5 and 4.6). A code is used once: whoever shows it again ends what it was redeemed for.
#include <algorithm>
#include <cctype>

#include "base/base64url.h"
#include "base/digest.h"
#include "grants/grant.h"
#include "grants/open_family.h"

namespace tessera::grants {

namespace {

constexpr std::string_view kParameters[] = {"code", "redirect_uri", "code_verifier"};

/// RFC 7636, 4.1: 43 to 128 unreserved characters.
bool is_verifier(std::string_view text) {
  const auto unreserved = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~'; };
  return text.size() >= 43 && text.size() <= 128 && std::all_of(text.begin(), text.end(), unreserved);
}

Status require_verifier(const model::CodeTerms& terms, std::optional<std::string_view> verifier) {
  if (terms.challenge_method == model::ChallengeMethod::none) return verifier ? fail(Reason::verifier_unexpected) : Status{};
  if (!verifier) return fail(Reason::verifier_missing);
  if (!is_verifier(*verifier)) return fail(Reason::verifier_invalid);
  const bool hashed = terms.challenge_method == model::ChallengeMethod::s256;
  const std::string derived = hashed ? base::base64url_encode(base::sha256(*verifier)) : std::string(*verifier);
  return base::equal_constant_time(derived, terms.challenge) ? Status{} : fail(Reason::verifier_mismatch);
}

Status require_redirect_uri(const model::CodeTerms& terms, std::optional<std::string_view> shown) {
  const bool alike = shown ? *shown == terms.redirect_uri : !terms.redirect_uri_given;
  return alike ? Status{} : fail(Reason::redirect_uri_mismatch);
}

class AuthorizationCode final : public Grant {
 public:
  explicit AuthorizationCode(const Services& services) : services_(services) {}

  std::string_view grant_type() const override { return "authorization_code"; }
  std::span<const std::string_view> parameters() const override { return kParameters; }

  Result<model::Authorization> authorize(const GrantRequest& request) const override {
    const auto shown = request.parameters.find("code");
    if (!shown) return fail(Reason::code_missing);
    const model::AuthorizationCode code = TRY(services_.authorizations.find_code(request.turn, base::sha256(*shown)));
    if (code.realm != request.realm->id) return fail(Reason::code_unknown);
    if (code.spent) {
      TRY(end_issued(code, request));
      return fail(Reason::code_spent);
    }
    // Whatever else is wrong spends the code: there is no second guess.
    if (const Status matched = match(code, request); !matched) {
      TRY(services_.authorizations.burn(request.turn, code.digest));
      return std::unexpected(matched.error());
    }
    return continue_sign_in(request, code, *shown);
  }

  Status consume(model::Authorization& authorization, const GrantRequest& request, model::Rev) const override {
    model::Family& family = *authorization.family;
    family.scope = authorization.scope;
    family.claims = authorization.claims;
    // An offline family outlives the session of the sign-in (OpenID Connect Core, 11), and so does one whose token is good until it is
    // revoked: each has a session of its own.
    const bool offline = tokens::is_offline(family);
    const bool outlives = offline || family.mode == model::RefreshMode::fixed;
    if (outlives) leave_sign_in(authorization);
    if (offline) begin_offline(authorization);
    const std::string digest = base::sha256(authorization.code);
    const Status redeemed = services_.authorizations.redeem(request.turn, digest, outlives ? authorization.session : std::nullopt, family);
    if (redeemed || redeemed.error().reason != Reason::code_spent) return redeemed;
    const auto code = TRY(services_.authorizations.find_code(request.turn, digest));
    TRY(end_issued(code, request));
    return redeemed;
  }

 private:
  static Status match(const model::AuthorizationCode& code, const GrantRequest& request) {
    if (code.client != request.client.entry->client.handle) return fail(Reason::code_client_mismatch);
    if (!model::is_in_time(code, base::to_s(request.turn.now))) return fail(Reason::code_expired);
    TRY(require_redirect_uri(code.terms, request.parameters.find("redirect_uri")));
    return require_verifier(code.terms, request.parameters.find("code_verifier"));
  }

  Result<model::Authorization> continue_sign_in(const GrantRequest& request, const model::AuthorizationCode& code,
                                                std::string_view shown) const {
    model::Authorization authorization = authorization_of(request);
    auto user = services_.directory.user(request.turn, code.user);
    if (!user) return user.error().reason == Reason::user_unknown ? fail(Reason::session_ended) : std::unexpected(user.error());
    authorization.user = std::move(*user);
    auto session = services_.sessions.find_session(request.turn, code.session);
    if (!session) return session.error().reason == Reason::record_missing ? fail(Reason::session_ended) : std::unexpected(session.error());
    authorization.session = *session;
    authorization.lineage.user = code.user;
    authorization.lineage.session = code.session;
    authorization.lineage.consent = code.consent;
    authorization.auth_time_s = base::to_s(authorization.session->created_at);
    authorization.proof_issued_at_s = code.expires_at_s - model::kCodeTtlS;
    authorization.granted = code.terms.scope;
    authorization.claims = code.terms.claims;
    authorization.nonce = code.terms.nonce;
    authorization.code = shown;
    begin_family(authorization, request.turn.now);
    // What ended since the code was issued ends what comes of it, so its rev is the family's.
    authorization.family->rev = code.rev;
    return authorization;
  }

  static void leave_sign_in(model::Authorization& authorization) {
    model::Session& session = *authorization.session;
    session.handle = Handle::random();
    session.last_used_at = authorization.family->created_at;
    session.expires_at_s = authorization.family->expires_at_s;
    session.rev = authorization.family->rev;
    authorization.family->session = session.handle;
    authorization.lineage.session = session.handle;
  }

  /// RFC 9700, 4.5.1, and RFC 6749, 4.1.2: of two who show a code, one has stolen it.
  Status end_issued(const model::AuthorizationCode& code, const GrantRequest& request) const {
    if (!code.family) return {};
    const auto family = services_.sessions.find_family(request.turn, code.family);
    if (!family) return family.error().reason == Reason::refresh_unknown ? Status{} : std::unexpected(family.error());
    if (family->ended) return {};
    const store::AuditRecord audit{.realm = code.realm,
                                   .at = request.turn.now,
                                   .actor = "client:" + request.client.entry->client.client_id,
                                   .action = "code.reuse",
                                   .object = "family:" + code.family.str(),
                                   .request_id = request.request_id,
                                   .detail = "{}"};
    const store::Revoke revoke{
        .kind = model::RevocationKind::family, .id = code.family, .ends = true, .prune_after_s = base::to_s(request.turn.now)};
    const auto ended = services_.revocations.commit(request.turn, {revoke}, {audit});
    return ended ? Status{} : std::unexpected(ended.error());
  }

  Services services_;
};

}  // namespace

std::unique_ptr<Grant> make_authorization_code(const Services& services) { return std::make_unique<AuthorizationCode>(services); }

}  // namespace tessera::grants
