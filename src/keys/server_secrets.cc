#include "keys/server_secrets.h"

#include "base/random.h"
#include "keys/sealed_values.h"

namespace tessera::keys {
namespace {

constexpr std::size_t kSecretSize = 32;

}  // namespace

Result<Secret> server_secret(store::ConfigStore& store, const Sealer& sealer, std::string_view purpose, TimePoint now) {
  for (const store::KeyRecord& kept : TRY(store.keys(kServerRealm)))
    if (kept.kid == purpose) return open_sealed(kept, "the server", sealer);

  const bool is_new = TRY(store.realms()).empty();
  Secret secret = is_new ? base::random_secret(kSecretSize) : sealer.derive(purpose);
  store::KeyRecord record{.realm = kServerRealm,
                          .kid = std::string(purpose),
                          .alg = "secret",
                          .use = "server",
                          .state = store::KeyRecord::State::signing,
                          .public_jwk = {},
                          .sealed = {},
                          .created_at = now};
  record.sealed = seal_for(record, secret.reveal(), sealer);
  const store::AuditRecord audit{.realm = kServerRealm,
                                 .at = now,
                                 .actor = "server",
                                 .action = "key.add",
                                 .object = "key:" + record.kid,
                                 .request_id = {},
                                 .detail = "{}"};
  TRY(store.commit({now, Lane::pool}, {store::PutKey{std::move(record)}}, {audit}));
  return secret;
}

}  // namespace tessera::keys
