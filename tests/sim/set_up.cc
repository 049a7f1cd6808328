// A realm of its own, with one client of each kind that the history is about.
#include "history.h"

namespace tessera::sim {

namespace {

constexpr std::string_view kPassword = "a password";

model::ClientPolicy service_policy() {
  model::ClientPolicy policy;
  policy.grants = {"client_credentials"};
  policy.allow_token_lifetime_extension = true;
  policy.max_ttl_s = 6 * 3'600;
  return policy;
}

/// Rotation with and without leeway, Keycloak's reissue, Flinks' static tokens; opaque and as JWTs.
model::ClientPolicy family_policy(std::size_t kind) {
  model::ClientPolicy policy;
  policy.grants = {"password", "refresh_token"};
  policy.access_ttl_s = 900;
  policy.refresh_idle_s = 1'800;
  policy.refresh_ttl_s = kind % 2 == 0 ? 0 : 4 * 3'600;
  policy.reuse_leeway_s = kind == 1 || kind == 2 ? 0 : 10;
  policy.refresh_mode = kind == 4 ? model::RefreshMode::reissue : kind == 5 ? model::RefreshMode::fixed : model::RefreshMode::rotate;
  policy.refresh_format = kind == 2 || kind == 3 || kind == 4 ? model::RefreshFormat::jwt : model::RefreshFormat::opaque;
  return policy;
}

}  // namespace

void History::add_client(const std::string& id, model::ClientPolicy policy, std::vector<store::Change>& changes) {
  const model::Client client{.handle = Handle::random(), .realm = server_->realm()->id, .client_id = id, .policy = std::move(policy)};
  auto secret = secrets_.hasher.generate(client.handle, clock_.now(), 0);
  model_.clients.push_back({.handle = client.handle,
                            .id = id,
                            .policy = *client.policy,
                            .secrets = {{.handle = secret.record.handle, .text = std::string(secret.text.reveal())}}});
  changes.push_back(store::PutClient{client});
  changes.push_back(store::AddSecret{std::move(secret.record)});
}

void History::set_up() {
  const auto interruption = [this] { interrupt(); };
  server_ = std::make_unique<Server>(disk_, secrets_, clock_, realm_, interruption);
  model::Realm realm{.handle = Handle::random(), .name = realm_};
  realm.policy.signing_alg = "EdDSA";
  sure(server_->revocations().commit(server_->turn(), {store::PutRealm{realm}}, {}));

  auto changes = sure(server_->keyring().first_keys(server_->realm()->id, "EdDSA", clock_.now()));
  add_client("observer", {}, changes);
  add_client("service", service_policy(), changes);
  const std::size_t kind = dice_.below(6);
  add_client("app", family_policy(kind), changes);
  if (dice_.percent(50)) add_client("other", family_policy((kind + 1 + dice_.below(5)) % 6), changes);
  static const std::string record = sure(secrets_.passwords.hash(Secret(std::string(kPassword))));
  const model::User user{.handle = Handle::random(), .realm = server_->realm()->id, .username = "user", .password_record = record};
  model_.users.push_back({.handle = user.handle, .name = user.username});
  changes.push_back(store::PutUser{user});
  sure(server_->revocations().commit(server_->turn(), changes, {}));
}

}  // namespace tessera::sim
