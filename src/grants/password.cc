// RFC 6749, 4.3: a user's name and password, through a client that is trusted with them. Off unless the client is registered for it.
#include "base/name_hash.h"
#include "base/secret.h"
#include "grants/grant.h"
#include "grants/open_family.h"

namespace tessera::grants {

namespace {

constexpr std::string_view kParameters[] = {"username", "password"};

/// For whom there is a record: the name is its, not what was typed.
std::unexpected<Error> refuse(Reason reason, const model::User& user) {
  return std::unexpected(Error{.reason = reason, .context = user.username, .user = user.handle});
}

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
    const Secret password{std::string(request.parameters.find("password").value_or(""))};
    if (password.size() > sessions::kPasswordBytesMax) return fail(Reason::password_too_long);
    if (request.turn.lane != Lane::hash) return fail(Reason::would_hash);

    model::Authorization authorization = authorization_of(request);
    authorization.user = TRY(prove(request, *username, password));
    // What the right password reveals is said only to whoever has it.
    if (!authorization.user->enabled) return refuse(Reason::user_disabled, *authorization.user);
    if (authorization.user->profile.must_act) return refuse(Reason::user_must_act, *authorization.user);
    if (authorization.user->profile.second_factor) return refuse(Reason::user_second_factor, *authorization.user);
    begin_session(authorization, request);
    return authorization;
  }

  Status consume(model::Authorization& authorization, const GrantRequest& request, model::Rev rev) const override {
    rehash_if_outdated(*authorization.user, request);
    authorization.session->rev = rev;
    authorization.family->rev = rev;
    authorization.family->scope = authorization.scope;
    if (tokens::is_offline(*authorization.family)) begin_offline(authorization);
    return services_.sessions.open(request.turn, authorization.session, *authorization.family);
  }

 private:
  /// The user, if the password is right. Unknown, wrong and locked all cost one hash, a locked user's the same as before it was locked, and
  /// the attempt is counted before it.
  Result<std::shared_ptr<const model::User>> prove(const GrantRequest& request, std::string_view username, const Secret& password) const {
    const std::string who = request.realm->name + '/' + model::username_key(username);
    // Read from the store each time: from memory, who exists would be told by coming sooner.
    auto user = services_.config.find_user(request.turn, request.realm->id, username);
    if (!user && user.error().reason != Reason::record_missing) return std::unexpected(user.error());
    const bool locked = services_.throttle.wait_s(policy::Guessed::user, who, request.turn.now) > 0;
    // An attempt during the wait is refused unseen; it must not lengthen the wait, or anyone could lock a user out for good.
    if (!locked) services_.throttle.count_failure(who, request.turn.now);
    const std::string_view record = user ? std::string_view(user->password_record) : std::string_view();
    const bool right = services_.passwords.verify(record, {request.realm->id, username}, password);
    // Never the name itself: people type passwords into the field beside.
    if (!user) return fail(Reason::user_unknown, names_.unknown(who));
    if (locked) return refuse(Reason::user_locked, *user);
    if (!right) return refuse(Reason::user_password_wrong, *user);
    services_.throttle.clear_failures(policy::Guessed::user, who);
    return std::make_shared<const model::User>(std::move(*user));
  }

  /// A record made at other parameters is made anew while the password is at hand, unless it was changed meanwhile. A failure is no
  /// reason to refuse the login.
  void rehash_if_outdated(const model::User& user, const GrantRequest& request) const {
    if (!services_.passwords.outdated(user.password_record)) return;
    const Secret password{std::string(request.parameters.find("password").value_or(""))};
    auto record = services_.passwords.hash(password);
    if (!record) return;
    const store::AuditRecord audit{.realm = user.realm,
                                   .at = request.turn.now,
                                   .actor = "server",
                                   .action = "user.rehash",
                                   .object = "user:" + user.username,
                                   .request_id = request.request_id,
                                   .detail = "{}"};
    (void)services_.revocations.commit(request.turn, {store::ReplacePasswordRecord{user.handle, user.password_record, std::move(*record)}},
                                       {audit});
  }

  Services services_;
  base::NameHash names_;
};

}  // namespace

std::unique_ptr<Grant> make_password(const Services& services) { return std::make_unique<Password>(services); }

}  // namespace tessera::grants
