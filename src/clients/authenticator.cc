#include "clients/authenticator.h"

#include <algorithm>
#include <boost/json/object.hpp>

#include "jose/json.h"
#include "jose/jwt.h"

namespace tessera::clients {
namespace {

constexpr std::string_view kStandardDialect = "oauth2";
constexpr std::size_t kClientIdBytesMax = 255;
constexpr std::string_view kMethodNames[] = {
#define TESSERA_CLIENT_AUTH_METHOD(name) #name,
#include "clients/methods.def"
#undef TESSERA_CLIENT_AUTH_METHOD
};

/// client-id = *VSCHAR (RFC 6749, A.1). No record can have any other, so the store is not asked for it.
bool can_be_client_id(std::string_view id) {
  return id.size() <= kClientIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

bool may_use(const model::Client& client, std::string_view dialect) {
  const auto& mounts = client.policy->mounts;
  return dialect == kStandardDialect || std::find(mounts.begin(), mounts.end(), dialect) != mounts.end();
}

std::string_view name_of(model::ClientAuthMethod method) {
  switch (method) {
#define TESSERA_CLIENT_AUTH_METHOD(name) \
  case model::ClientAuthMethod::name:    \
    return #name;
#include "clients/methods.def"
#undef TESSERA_CLIENT_AUTH_METHOD
  }
  return {};
}

/// A client that is registered for one way uses no other, so that the weaker one gains nobody anything.
bool is_registered_way(const model::Client& client, model::ClientAuthMethod method) {
  const std::string& registered = client.policy->token_endpoint_auth_method;
  if (!registered.empty()) return registered == name_of(method);
  return method != model::ClientAuthMethod::private_key_jwt;
}

Proof prove(const Attempt& attempt) {
  if (!is_registered_way(attempt.entry.client, attempt.credential().method)) {
    judge_nothing(attempt.hasher, attempt.credential().secret.reveal());
    return fail(Reason::client_method_forbidden);
  }
  switch (attempt.credential().method) {
#define TESSERA_CLIENT_AUTH_METHOD(name) \
  case model::ClientAuthMethod::name:    \
    return authenticate_by_##name(attempt);
#include "clients/methods.def"
#undef TESSERA_CLIENT_AUTH_METHOD
  }
  return fail(Reason::internal, "a client authentication method without a line in methods.def");
}

}  // namespace

std::span<const std::string_view> client_auth_methods() { return kMethodNames; }

std::string claimed_client(std::string_view assertion) {
  const auto jwt = jose::parse_jwt(assertion);
  if (!jwt) return {};
  const auto claims = jose::parse_json(jwt->payload);
  const auto* const subject = claims && claims->is_object() ? claims->get_object().if_contains("sub") : nullptr;
  return subject != nullptr && subject->is_string() ? std::string(subject->get_string()) : std::string();
}

Authenticator::Authenticator(Directory& directory, const SecretHasher& hasher, SecretUse& use, AssertionServices assertions)
    : directory_(directory), hasher_(hasher), use_(use), assertions_(std::move(assertions)) {}

Result<AuthenticatedClient> Authenticator::authenticate(const model::Realm& realm, const model::EndpointRequest& request,
                                                        const Turn& turn) const {
  const model::ClientCredential& credential = request.credential;
  if (credential.ambiguous) return fail(Reason::client_authentication_ambiguous);
  if (credential.client_id.empty()) return fail(credential.assertion.empty() ? Reason::client_id_missing : Reason::assertion_malformed);

  auto entry = can_be_client_id(credential.client_id) ? directory_.client(turn, realm.id, credential.client_id)
                                                      : Result<std::shared_ptr<const ClientEntry>>(fail(Reason::client_unknown));
  if (!entry) {
    if (entry.error().reason == Reason::client_unknown) judge_nothing(hasher_, credential.secret.reveal());
    return std::unexpected(std::move(entry).error());
  }

  // The proof is judged before anything is refused, so that no refusal comes sooner than a wrong secret's.
  const model::Client& client = (*entry)->client;
  const Proof proof = prove({realm, **entry, request, hasher_, assertions_, keys_, turn});
  if (!client.enabled) return fail(Reason::client_disabled);
  if (!may_use(client, request.dialect)) return fail(Reason::client_mount_forbidden);
  const model::ClientSecret* const secret = TRY(proof);
  if (!secret) return AuthenticatedClient{*std::move(entry), Handle{}};
  use_.note(secret->handle, secret->last_used_at_s, base::to_s(turn.now));
  return AuthenticatedClient{*std::move(entry), secret->handle};
}

}  // namespace tessera::clients
