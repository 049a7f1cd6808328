// What operators do.
#include <algorithm>
#include <tuple>

#include "history.h"

namespace tessera::sim {

namespace {

template <class T>
Reason reason_of(const Result<T>& result) {
  return result ? Reason::would_wait : result.error().reason;
}

bool took_effect(Reason reason) { return reason == Reason::would_wait || reason == Reason::commit_unknown; }
Answer answer_of(Reason reason) { return reason == Reason::commit_unknown ? Answer::outcome_unknown : Answer::done; }

}  // namespace

void History::toggle_client() {
  ClientState& client = model_.clients[1 + dice_.below(model_.clients.size() - 1)];
  if (client.removed) return issue();
  const bool enable = !client.enabled;
  const Attempt attempt = begin((enable ? "enable " : "suspend ") + client.id);
  toggle(client, attempt, enable, [&] { return reason_of(server_->admin().enable_client(realm_, client.id, enable)); });
}

void History::toggle_user() {
  UserState& user = model_.users.front();
  const bool enable = !user.enabled;
  const Attempt attempt = begin(enable ? "enable the user" : "disable the user");
  toggle(user, attempt, enable, [&] { return reason_of(server_->admin().enable_user(realm_, user.name, enable)); });
}

template <class State, class Change>
void History::toggle(State& state, const Attempt& attempt, bool enable, const Change& change) {
  const bool alone = state.toggles_under_way++ == 0;
  const int before = state.toggles;
  const Reason reason = change();
  --state.toggles_under_way;
  // Another operator in the middle may have done the same, and then there was nothing left to do.
  const bool sure = alone && state.toggles == before;
  ++state.toggles;
  conclude(attempt, disturbed() ? Expect::either : Expect::yes, reason);
  if (!took_effect(reason)) return;
  state.enabled = enable;
  state.certain = reason == Reason::would_wait && sure;
  if (!enable) model_.end(state.handle.str(), false, sure ? answer_of(reason) : Answer::ambiguous);
}

void History::end_sessions() {
  const UserState& user = model_.users.front();
  const Attempt attempt = begin("end the user's sessions");
  const Reason reason = reason_of(server_->admin().end_sessions(realm_, user.name));
  conclude(attempt, Expect::yes, reason);
  if (took_effect(reason)) model_.end(user.handle.str(), true, answer_of(reason));
}

void History::add_secret() {
  ClientState& client = model_.clients[1 + dice_.below(model_.clients.size() - 1)];
  if (client.removed) return issue();
  const Attempt attempt = begin("add a secret to " + client.id);
  const auto issued = server_->admin().add_secret(realm_, client.id, 0);
  // Two may live, some of which nobody knows, for the answer that held them was lost.
  const bool full = reason_of(issued) == Reason::record_conflict;
  conclude(attempt, disturbed() || full ? Expect::either : Expect::yes, reason_of(issued));
  if (issued && !client.removed)
    client.secrets.push_back({.handle = issued->record.handle, .text = std::string(issued->text.reveal())});
  else if (reason_of(issued) == Reason::commit_unknown)
    client.certain = false;
}

void History::note_secret_ended(ClientState& client, std::size_t secret, bool compromised, Reason reason) {
  if (!took_effect(reason)) return;
  SecretState& ended = client.secrets[secret];
  ended.lives = false;
  if (reason == Reason::commit_unknown) client.certain = false;
  model_.end(ended.handle.str(), compromised, answer_of(reason));
}

void History::delete_secret() {
  ClientState& client = model_.clients[1 + dice_.below(model_.clients.size() - 1)];
  const std::size_t secret = dice_.below(client.secrets.size());
  if (client.removed || !client.secrets[secret].lives) return add_secret();
  const bool compromised = dice_.percent(40);
  const Attempt attempt = begin("delete a secret of " + client.id + (compromised ? ", compromised" : ""));
  const std::string id = client.secrets[secret].handle.str();
  const Reason reason = reason_of(server_->admin().delete_secret(realm_, client.id, id, compromised));
  conclude(attempt, disturbed() || !client.certain ? Expect::either : Expect::yes, reason);
  note_secret_ended(client, secret, compromised, reason);
}

void History::regenerate_secret() {
  ClientState& client = model_.clients[1 + dice_.below(model_.clients.size() - 1)];
  const std::size_t secret = dice_.below(client.secrets.size());
  if (client.removed || !client.secrets[secret].lives) return add_secret();
  const bool compromised = dice_.percent(40);
  const Attempt attempt = begin("regenerate a secret of " + client.id + (compromised ? ", compromised" : ""));
  const std::string id = client.secrets[secret].handle.str();
  const auto issued = server_->admin().regenerate_secret(realm_, client.id, id, compromised);
  conclude(attempt, disturbed() || !client.certain ? Expect::either : Expect::yes, reason_of(issued));
  note_secret_ended(client, secret, compromised, reason_of(issued));
  if (issued && !client.removed) client.secrets.push_back({.handle = issued->record.handle, .text = std::string(issued->text.reveal())});
}

void History::remove_client() {
  ClientState& client = model_.clients.back();
  if (client.removed) return issue();
  const Attempt attempt = begin("remove " + client.id);
  const Reason reason = reason_of(server_->admin().remove_client(realm_, client.id));
  conclude(attempt, disturbed() ? Expect::either : Expect::yes, reason);
  if (!took_effect(reason)) return;
  client.removed = true;
  client.certain = reason == Reason::would_wait;
  model_.end(client.handle.str(), true, answer_of(reason));
}

void History::rotate_key() {
  static constexpr std::string_view kAlgs[] = {"EdDSA", "EdDSA", "refresh", "HS512"};
  const std::string_view alg = dice_.pick(kAlgs);
  const Attempt attempt = begin("rotate the " + std::string(alg) + " key");
  conclude(attempt, Expect::yes, reason_of(server_->admin().rotate_key(realm_, alg)));
}

void History::remove_key() {
  auto keys = sure(server_->admin().list_keys(realm_));
  std::erase_if(keys, [](const auto& view) { return view.key.alg != "EdDSA" || view.key.state == store::KeyRecord::State::gone; });
  // By age, and of one age by the first token that bears it: the order must not depend on random ids.
  const auto place = [&](const store::KeyRecord& key) {
    const auto first = std::ranges::find(model_.access, key.kid, [](const AccessState& token) { return token.ids[1]; });
    return std::tuple(key.created_at, key.state == store::KeyRecord::State::signing, key.verify_until_s, first - model_.access.begin());
  };
  std::ranges::sort(keys, {}, [&](const auto& view) { return place(view.key); });
  const bool compromised = dice_.percent(40);
  const store::KeyRecord key = keys.front().key;
  const Attempt attempt = begin(compromised ? "remove the oldest key, compromised" : "remove the oldest key");
  const bool needed = key.state == store::KeyRecord::State::signing || key.verify_until_s > now_s();
  const Expect expected = compromised || !needed ? Expect::yes : Expect::no;
  model_.begin_ending(key.kid);
  const Reason reason = reason_of(server_->admin().remove_key(realm_, key.kid, compromised));
  model_.finish_ending();
  conclude(attempt, disturbed() ? Expect::either : expected, reason);
  if (took_effect(reason)) model_.end(key.kid, true, answer_of(reason));
}

void History::prune() {
  const Attempt attempt = begin("prune the journal");
  conclude(attempt, Expect::yes, reason_of(server_->revocations().prune(now_s())));
}

void History::sweep() {
  const Attempt attempt = begin("sweep families and sessions");
  conclude(attempt, Expect::yes, reason_of(server_->sessions().sweep(clock_.now() - std::chrono::hours(1), 100)));
}

void History::fold() {
  const Attempt attempt = begin("fold revoked tokens");
  const auto folded = server_->revocations().fold(server_->turn());
  conclude(attempt, Expect::yes, reason_of(folded));
  if (folded) {
    for (const Handle& client : *folded) model_.end(client.str(), false, Answer::done);
    return;
  }
  // It may have come as far as one of them.
  for (const ClientState& client : model_.clients) model_.end(client.handle.str(), false, Answer::ambiguous);
}

}  // namespace tessera::sim
