// What clients end: RFC 7009, a token that revokes itself, Keycloak's logout.
#include "history.h"

namespace tessera::sim {

namespace {

Reason reason_of(const Status& status) { return status ? Reason::would_wait : status.error().reason; }

/// What the model learns from an answer that ended something, if it ended it.
Answer answer_of(Reason reason) { return reason == Reason::commit_unknown ? Answer::outcome_unknown : Answer::done; }

/// Where a family's ids name its session and itself.
constexpr std::size_t kSessionId = 3;
constexpr std::size_t kFamilyId = 4;

bool took_effect(Reason reason) { return reason == Reason::would_wait || reason == Reason::commit_unknown; }

}  // namespace

void History::revoke_access() {
  if (model_.access.empty()) return issue();
  const AccessState& token = dice_.pick(model_.access);
  ClientState& client = model_.clients[1 + dice_.below(model_.clients.size() - 1)];
  const SecretState secret = dice_.pick(client.secrets);
  const bool own = token.ids[2] == client.handle.str();
  const Attempt attempt = begin("revoke an access token by " + client.id + (own ? "" : ", not its own"));
  auto request = request_of(client, secret);
  request.parameters.add("token", Secret(token.text));
  // What expired longer ago than any clock steps is not taken back: there is nothing to keep.
  const bool forgotten = now_s() >= token.expires_at_s + revocation::PruningTime::kStepMaxS;
  const bool alive = model_.judge(token) == Verdict::lives && !forgotten;
  Expect expected = expect_authentic(client, secret);
  // Whoever is dead already may be revoked by its owner once more; of another's token only the refusal is sure.
  if (!own && alive) expected = both(expected, Expect::no);
  if (!alive) expected = both(expected, Expect::either);
  const Reason reason = reason_of(server_->revoke(request));
  conclude(attempt, disturbed() ? Expect::either : expected, reason);
  if (own && took_effect(reason)) model_.end(token.ids.front(), true, alive ? answer_of(reason) : Answer::ambiguous);
}

void History::revoke_self() {
  if (model_.access.empty()) return issue();
  AccessState& token = dice_.pick(model_.access);
  const Attempt attempt = begin("a token revokes itself");
  model::EndpointRequest request;
  request.realm = realm_;
  request.dialect = "oauth2";
  request.bearer_tokens.push_back(token.text);
  const Verdict verdict = model_.judge(token);
  const bool out_of_time = token.is_out_of_time(now_s());
  const Expect expected = verdict == Verdict::dead || out_of_time ? Expect::no : verdict == Verdict::unsure ? Expect::either : Expect::yes;
  const Reason reason = reason_of(server_->revoke(request));
  conclude(attempt, disturbed() ? Expect::either : expected, reason);
  if (!took_effect(reason)) return;
  // Of a session's tokens it ends the family, which stands last in the lineage.
  const bool connected = token.ids.size() > 4;
  model_.end(connected ? token.ids.back() : token.ids.front(), true, answer_of(reason));
}

/// Whoever holds a refresh token ends with it what `ended_by` names of its family; `ask` sends it.
template <class Ask>
void History::end_by_refresh_token(const std::string& step, std::string_view parameter, std::size_t ended_by, const Ask& ask) {
  if (model_.families.empty()) return open_family();
  FamilyState& family = dice_.pick(model_.families);
  ClientState& client = model_.clients[family.client];
  const SecretState secret = dice_.pick(client.secrets);
  const Attempt attempt = begin(step + client.id);
  auto request = request_of(client, secret);
  request.parameters.add(std::string(parameter), Secret(dice_.pick(family.tokens).text));
  const bool alive = model_.judge(family) == Verdict::lives && expect_usable(family, family.tokens.back()) == Expect::yes;
  const Expect expected = both(expect_authentic(client, secret), alive ? Expect::yes : Expect::either);
  const std::string ended = family.ids[ended_by];
  const Reason reason = reason_of(ask(request));
  conclude(attempt, disturbed() ? Expect::either : expected, reason);
  if (took_effect(reason)) model_.end(ended, true, alive && !disturbed() ? answer_of(reason) : Answer::ambiguous);
}

void History::revoke_refresh() {
  end_by_refresh_token("revoke a refresh token of ", "token", kFamilyId, [&](const auto& request) { return server_->revoke(request); });
}

void History::log_out() {
  end_by_refresh_token("log out with a refresh token of ", "refresh_token", kSessionId,
                       [&](const auto& request) { return server_->logout(request); });
}

}  // namespace tessera::sim
