// RFC 6749, 4.3: a user's name and password, through a client that is trusted with them. Off unless the client is registered for it.
#include "base/secret.h"
#include "grants/grant.h"
#include "grants/open_family.h"

namespace tessera::grants {

namespace {

constexpr std::string_view kParameters[] = {"username", "password"};

Secret password_of(const GrantRequest& request) { return Secret(std::string(request.parameters.find("password").value_or(""))); }

class Password final : public Grant {
 public:
  explicit Password(const Services& services) : services_(services) {}

  std::string_view grant_type() const override { return "password"; }
  std::span<const std::string_view> parameters() const override { return kParameters; }
  Reason refusal(const model::Client&) const override { return Reason::direct_grant_off; }

  Result<model::Authorization> authorize(const GrantRequest& request) const override {
    if (request.client.entry->client.policy->consent_required) return fail(Reason::consent_required);
    const auto username = request.parameters.find("username");
    if (!username) return fail(Reason::username_missing);

    model::Authorization authorization = authorization_of(request);
    authorization.user = TRY(services_.users.authenticate(*request.realm, *username, password_of(request), request.turn));
    // What the right password reveals is said only to whoever has it.
    if (!authorization.user->enabled) return users::refuse(Reason::user_disabled, *authorization.user);
    if (authorization.user->profile.must_act) return users::refuse(Reason::user_must_act, *authorization.user);
    if (authorization.user->profile.second_factor) return users::refuse(Reason::user_second_factor, *authorization.user);
    begin_session(authorization, request.turn.now);
    begin_family(authorization, request.turn.now);
    return authorization;
  }

  Status consume(model::Authorization& authorization, const GrantRequest& request, model::Rev rev) const override {
    services_.users.rehash_if_outdated(*authorization.user, password_of(request), request.request_id, request.turn);
    authorization.session->rev = rev;
    authorization.family->rev = rev;
    authorization.family->scope = authorization.scope;
    if (tokens::is_offline(*authorization.family)) begin_offline(authorization);
    return services_.sessions.open(request.turn, authorization.session, *authorization.family);
  }

 private:
  Services services_;
};

}  // namespace

std::unique_ptr<Grant> make_password(const Services& services) { return std::make_unique<Password>(services); }

}  // namespace tessera::grants
