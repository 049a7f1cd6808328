// What must hold at any moment: nothing that was ended is accepted, nothing that lives is refused, no family has two heads.
#include <algorithm>

#include "history.h"

namespace tessera::sim {

void History::check_access(AccessState& token) {
  const Verdict verdict = model_.judge(token);
  const bool out_of_time = token.is_out_of_time(now_s());
  // Such a token is not cached, so each look costs a signature's verification.
  if (out_of_time && !dice_.percent(20)) return;
  const auto accepted = server_->verify(token.text);
  if (accepted) {
    if (token.seen_dead) throw Violation("a token that was dead has come back to life");
    if (verdict == Verdict::dead) throw Violation("a revoked token is accepted");
    if (out_of_time) throw Violation("a token is accepted out of its time");
    return;
  }
  const Reason reason = accepted.error().reason;
  if (verdict == Verdict::lives && !out_of_time) throw Violation("a live token is refused: " + std::string(base::reason_name(reason)));
  if (reason == Reason::token_revoked) token.seen_dead = true;
}

void History::check_access_by_introspection(AccessState& token) {
  auto request = request_of(model_.clients.front(), model_.clients.front().secrets.front());
  request.parameters.add("token", Secret(token.text));
  const auto active = server_->introspect(request);
  if (!active) throw Violation("introspection fails: " + std::string(base::reason_name(active.error().reason)));
  const Verdict verdict = model_.judge(token);
  const bool out_of_time = token.is_out_of_time(now_s());
  if (*active && (verdict == Verdict::dead || out_of_time || token.seen_dead)) throw Violation("introspection calls a dead token active");
  if (!*active && verdict == Verdict::lives && !out_of_time) throw Violation("introspection calls a live token inactive");
}

void History::check_refresh(const FamilyState& family, const RefreshState& token) {
  const ClientState& client = model_.clients[family.client];
  const auto usable_secret = std::find_if(client.secrets.begin(), client.secrets.end(),
                                          [&](const SecretState& secret) { return expect_authentic(client, secret) == Expect::yes; });
  if (usable_secret == client.secrets.end()) return;
  auto request = request_of(client, *usable_secret);
  request.parameters.add("token", Secret(token.text));
  const auto active = server_->introspect(request);
  if (!active) throw Violation("introspection fails: " + std::string(base::reason_name(active.error().reason)));
  const bool superseded = client.policy.refresh_mode == model::RefreshMode::rotate && token.generation != family.generation;
  if (superseded && *active) throw Violation("the family forks: a token of an old generation is active");
  const Expect expected = superseded ? Expect::no : expect_usable(family, token);
  if (*active && expected == Expect::no) throw Violation("introspection calls a dead refresh token active");
  if (!*active && expected == Expect::yes) throw Violation("introspection calls a live refresh token inactive");
}

/// After each operation, a few of them: all are looked at in the end.
void History::check_some() {
  for (int i = 0; i < 2 && !model_.access.empty(); ++i) check_access(dice_.pick(model_.access));
  if (depth_ > 0) return;
  if (!model_.access.empty() && dice_.percent(10)) check_access_by_introspection(dice_.pick(model_.access));
  if (model_.families.empty() || !dice_.percent(25)) return;
  const FamilyState& family = dice_.pick(model_.families);
  check_refresh(family, family.tokens[dice_.below(family.tokens.size())]);
}

void History::check_all() {
  for (AccessState& token : model_.access) check_access(token);
  for (const FamilyState& family : model_.families)
    for (const RefreshState& token : family.tokens) check_refresh(family, token);
}

}  // namespace tessera::sim
