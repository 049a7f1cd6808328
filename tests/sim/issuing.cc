// Tokens by every grant.
#include <algorithm>

#include "base/timestamp.h"
#include "history.h"
#include "jose/jwt.h"

namespace tessera::sim {

namespace {

constexpr std::size_t kTokensMax = 60;

Reason reason_of(const Result<model::TokenSet>& answer) { return answer ? Reason::would_wait : answer.error().reason; }

model::AccessToken read_access(const std::string& text) {
  const auto jwt = sure(jose::parse_jwt(text));
  auto token = sure(verifier::read_access_claims(jwt.payload, jwt.typ));
  token.kid = jwt.kid;
  return token;
}

}  // namespace

void History::remember_access(const Attempt& attempt, const model::TokenSet& tokens, const ClientState& client, const SecretState& secret) {
  const model::AccessToken token = read_access(tokens.access_token);
  if (token.lineage.client != client.handle || token.lineage.secret != secret.handle) throw Violation("a token with another's lineage");
  if (model_.access.size() == kTokensMax) return;
  AccessState state{.text = tokens.access_token,
                    .ids = {token.jti.str(), token.kid},
                    .issued_at_s = token.issued_at_s,
                    .expires_at_s = token.expires_at_s,
                    .born = attempt.born};
  for (const Handle* id :
       {&token.lineage.client, &token.lineage.secret, &token.lineage.user, &token.lineage.session, &token.lineage.family})
    if (*id) state.ids.push_back(id->str());
  model_.access.push_back(std::move(state));
}

void History::issue() {
  const ClientState& client = model_.clients[1];
  const std::size_t secret = dice_.below(client.secrets.size());
  const bool extended = dice_.percent(25);
  Attempt attempt = begin(extended ? "issue, extended" : "issue");
  auto request = request_of(client, client.secrets[secret]);
  request.grant_type = "client_credentials";
  if (extended)
    request.parameters.add("expiry", Secret(base::format_timestamp(clock_.now() + std::chrono::minutes(90 + dice_.below(200)))));
  const Expect expected = expect_authentic(client, client.secrets[secret]);
  const auto answer = server_->token(request, [&] { attempt.born = model_.tick(); });
  conclude(attempt, disturbed() ? Expect::either : expected, reason_of(answer));
  if (answer) remember_access(attempt, *answer, client, client.secrets[secret]);
}

void History::open_family() {
  const std::size_t index = 2 + dice_.below(model_.clients.size() - 2);
  const ClientState& client = model_.clients[index];
  const std::size_t secret = dice_.below(client.secrets.size());
  const UserState& user = model_.users.front();
  Attempt attempt = begin("open a family of " + client.id);
  auto request = request_of(client, client.secrets[secret]);
  request.grant_type = "password";
  request.parameters.add("username", Secret(user.name));
  request.parameters.add("password", Secret("a password"));
  const Expect of_user = !user.certain ? Expect::either : user.enabled ? Expect::yes : Expect::no;
  const Expect expected = both(expect_authentic(client, client.secrets[secret]), of_user);
  const auto answer = server_->token(request, [&] { attempt.born = model_.tick(); });
  conclude(attempt, disturbed() ? Expect::either : expected, reason_of(answer));
  if (!answer) return;
  remember_access(attempt, *answer, client, client.secrets[secret]);

  const auto token = read_access(answer->access_token);
  const auto shown = sure(server_->read_refresh(*answer->refresh_token));
  if (shown.family != token.lineage.family) throw Violation("the tokens of one answer are of two families");
  FamilyState family{.handle = shown.family, .client = index, .born = attempt.born, .used_min_s = now_s(), .used_max_s = now_s()};
  family.ids = {client.handle.str(), client.secrets[secret].handle.str(), user.handle.str(), token.lineage.session.str(),
                shown.family.str()};
  if (client.policy.refresh_ttl_s > 0) family.expires_at_s = now_s() + client.policy.refresh_ttl_s;
  family.tokens.push_back({*answer->refresh_token, shown.generation, shown.expires_at_s});
  if (shown.opaque) family.by_generation[{shown.generation, shown.opaque->kid}] = *answer->refresh_token;
  model_.families.push_back(std::move(family));
}

Expect History::expect_refresh(const FamilyState& family, const RefreshState& shown, std::size_t secret) const {
  const model::ClientPolicy& policy = model_.clients[family.client].policy;
  const Expect usable = expect_usable(family, shown);
  if (policy.refresh_mode != model::RefreshMode::rotate || shown.generation == family.generation) return usable;
  const std::int64_t since_move_s = std::abs(now_s() - family.used_max_s);
  const bool in_leeway = shown.generation + 1 == family.generation && policy.reuse_leeway_s > 0 && since_move_s <= policy.reuse_leeway_s &&
                         secret == family.moved_by;
  return in_leeway ? usable : Expect::no;
}

void History::refresh() {
  if (model_.families.empty()) return open_family();
  const std::size_t index = dice_.below(model_.families.size());
  const FamilyState& family = model_.families[index];
  const ClientState& client = model_.clients[family.client];
  const std::size_t secret = dice_.below(client.secrets.size());
  const std::size_t place = dice_.percent(80) ? family.tokens.size() - 1 : dice_.below(family.tokens.size());
  const RefreshState shown = family.tokens[place];
  Attempt attempt =
      begin("refresh family " + std::to_string(index) + " of " + client.id + ", generation " + std::to_string(shown.generation));
  auto request = request_of(client, client.secrets[secret]);
  request.grant_type = "refresh_token";
  request.parameters.add("refresh_token", Secret(shown.text));
  const Expect authentic = expect_authentic(client, client.secrets[secret]);
  const Expect usable = both(authentic, expect_usable(family, shown));
  const Expect expected = both(authentic, expect_refresh(family, shown, secret));
  // A reuse ends the family in the store's own transaction, which whoever reads the journal may see first.
  model_.begin_ending(family.handle.str());
  const auto answer = server_->token(request, [&] { attempt.born = model_.tick(); });
  model_.finish_ending();
  conclude(attempt, disturbed() ? Expect::either : expected, reason_of(answer));
  const Reason reason = reason_of(answer);
  if (!disturbed() && usable == Expect::yes && expected == Expect::no && reason != Reason::commit_unknown &&
      reason != Reason::store_unavailable && reason != Reason::refresh_reused && reason != Reason::refresh_stale)
    throw Violation("a token that was used before did not end its family");
  conclude_refresh(attempt, model_.families[index], shown, secret, answer);
}

void History::conclude_refresh(const Attempt& attempt, FamilyState& family, const RefreshState& shown, std::size_t secret,
                               const Result<model::TokenSet>& answer) {
  const ClientState& client = model_.clients[family.client];
  const bool rotates = client.policy.refresh_mode == model::RefreshMode::rotate;
  if (!answer) {
    const Reason reason = answer.error().reason;
    if (reason == Reason::refresh_reused || reason == Reason::refresh_stale) model_.end(family.handle.str(), true, Answer::done);
    if (reason == Reason::commit_unknown) note_lost_refresh(family, shown, secret);
    return;
  }
  remember_access(attempt, *answer, client, client.secrets[secret]);
  if (answer->refresh_token.has_value() != (client.policy.refresh_mode != model::RefreshMode::fixed))
    throw Violation("a refresh token where there is to be none, or none where there is to be one");
  if (!rotates) family.used_min_s = family.used_max_s = std::max(family.used_max_s, now_s());
  if (answer->refresh_token) take_successor(family, shown, secret, *answer->refresh_token);
}

/// No family forks: whoever shows generation g gets the one successor g+1.
void History::take_successor(FamilyState& family, const RefreshState& shown, std::size_t secret, const std::string& text) {
  const model::ClientPolicy& policy = model_.clients[family.client].policy;
  const auto next = sure(server_->read_refresh(text));
  const bool rotates = policy.refresh_mode == model::RefreshMode::rotate;
  if (next.family != family.handle) throw Violation("the successor is of another family");
  if (next.generation != shown.generation + (rotates ? 1 : 0)) throw Violation("the family forks: a successor of the wrong generation");
  // A rotation of the key in between makes the same successor read otherwise.
  if (next.opaque) {
    const auto [known, is_new] = family.by_generation.try_emplace({next.generation, next.opaque->kid}, text);
    if (!is_new && known->second != text) throw Violation("the family forks: two successors of one generation");
  }
  if (next.generation > family.generation) {
    family.generation = next.generation;
    family.moved_by = secret;
    family.used_min_s = family.used_max_s = std::max(family.used_max_s, now_s());
  }
  const bool known = std::any_of(family.tokens.begin(), family.tokens.end(), [&](const RefreshState& token) { return token.text == text; });
  if (!known) family.tokens.push_back({text, next.generation, next.expires_at_s});
}

/// The write was made, and only the answer was lost.
void History::note_lost_refresh(FamilyState& family, const RefreshState& shown, std::size_t secret) {
  const model::ClientPolicy& policy = model_.clients[family.client].policy;
  if (policy.refresh_mode != model::RefreshMode::rotate) {
    family.used_max_s = std::max(family.used_max_s, now_s());
    return;
  }
  if (shown.generation == family.generation) {
    ++family.generation;
    family.moved_by = secret;
    family.used_min_s = family.used_max_s = std::max(family.used_max_s, now_s());
    return;
  }
  if (expect_refresh(family, shown, secret) == Expect::no) model_.end(family.handle.str(), true, Answer::outcome_unknown);
}

}  // namespace tessera::sim
