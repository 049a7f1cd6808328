// RFC 6749, 4.4: the client speaks for itself. No refresh token (4.4.3), no session.
#include "grants/grant.h"

namespace tessera::grants {

namespace {

class ClientCredentials final : public Grant {
 public:
  std::string_view grant_type() const override { return "client_credentials"; }
  std::span<const std::string_view> parameters() const override { return {}; }
  Reason refusal(const model::Client& client) const override {
    return client.is_public ? Reason::public_client_no_service_account : Reason::service_account_off;
  }
  Result<model::Authorization> authorize(const GrantRequest& request) const override {
    if (request.client.entry->client.is_public) return fail(Reason::public_client_no_service_account);
    return authorization_of(request);
  }
  Status consume(model::Authorization&, const GrantRequest&, model::Rev) const override { return {}; }
};

}  // namespace

std::unique_ptr<Grant> make_client_credentials(const Services&) { return std::make_unique<ClientCredentials>(); }

}  // namespace tessera::grants
