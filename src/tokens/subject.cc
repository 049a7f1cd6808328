#include "tokens/subject.h"

#include "base/base64url.h"
#include "base/digest.h"
#include "policy/sector.h"

namespace tessera::tokens {

Result<std::string> subject_of(const keys::RealmKeys& keys, const model::Client& client, const Handle& user) {
  if (client.policy->subject_type == model::SubjectType::public_) return user.uuid();
  if (!keys.pairwise) return fail(Reason::key_missing, "realm " + keys.realm + " has no secret for pairwise subjects");
  // 8.1 asks for one that can't be reversed, and never two for one. No host holds a slash: nothing else reads the same.
  const std::string sector = policy::sector_of(*client.policy);
  if (sector.empty()) return fail(Reason::internal, "client " + client.client_id + " has no sector for its pairwise subjects");
  return base::base64url_encode(base::hmac_sha256(keys.pairwise->reveal(), sector + '/' + user.uuid()));
}

}  // namespace tessera::tokens
