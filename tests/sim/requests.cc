// What is asked, and what must be answered.
#include <algorithm>

#include "history.h"

namespace tessera::sim {

Expect both(Expect a, Expect b) {
  if (a == Expect::no || b == Expect::no) return Expect::no;
  return a == Expect::yes && b == Expect::yes ? Expect::yes : Expect::either;
}

model::EndpointRequest History::request_of(const ClientState& client, const SecretState& secret) const {
  model::EndpointRequest request;
  request.realm = realm_;
  request.dialect = "oauth2";
  request.credential.method = model::ClientAuthMethod::client_secret_post;
  request.credential.client_id = client.id;
  request.credential.secret = Secret(secret.text);
  return request;
}

Expect History::expect_authentic(const ClientState& client, const SecretState& secret) const {
  if (!client.certain) return Expect::either;
  return client.enabled && !client.removed && secret.lives ? Expect::yes : Expect::no;
}

/// Whether the family and this token of it are in force; what its generation says comes on top.
Expect History::expect_usable(const FamilyState& family, const RefreshState& token) const {
  const UserState& user = model_.users[family.user];
  const model::ClientPolicy& policy = model_.clients[family.client].policy;
  const Verdict verdict = model_.judge(family);
  if (verdict == Verdict::dead) return Expect::no;
  if (token.expires_at_s != 0 && now_s() >= token.expires_at_s) return Expect::no;
  if (family.expires_at_s != 0 && now_s() >= family.expires_at_s) return Expect::no;
  // Static and reissued tokens have an idle clock that is written once per 1/30 of its lifetime.
  const std::int64_t slack_s = policy.refresh_mode == model::RefreshMode::rotate ? 0 : policy.refresh_idle_s / 30;
  if (now_s() >= family.used_max_s + policy.refresh_idle_s + slack_s) return Expect::no;
  const bool surely_fresh = now_s() < family.used_min_s + policy.refresh_idle_s;
  if (!surely_fresh || verdict == Verdict::unsure || !user.certain) return Expect::either;
  return user.enabled ? Expect::yes : Expect::no;
}

}  // namespace tessera::sim
