#include "grants/grant.h"

namespace tessera::grants {

#define TESSERA_GRANT(name) std::unique_ptr<Grant> make_##name(const Services& services);
#include "grants/grants.def"
#undef TESSERA_GRANT

std::vector<std::unique_ptr<Grant>> make_grants(const Services& services) {
  std::vector<std::unique_ptr<Grant>> grants;
#define TESSERA_GRANT(name) grants.push_back(make_##name(services));
#include "grants/grants.def"
#undef TESSERA_GRANT
  return grants;
}

model::Authorization authorization_of(const GrantRequest& request) {
  model::Authorization authorization;
  authorization.realm = request.realm;
  authorization.client = {request.client.entry, &request.client.entry->client};
  authorization.lineage.client = authorization.client->handle;
  authorization.lineage.secret = request.client.secret;
  return authorization;
}

}  // namespace tessera::grants
