#include "admin/ending.h"

#include <boost/json/serialize.hpp>

namespace tessera::admin {

store::AuditRecord audit_of(model::RealmId realm, TimePoint now, std::string action, std::string object,
                            const boost::json::object& detail) {
  return {.realm = realm,
          .at = now,
          .actor = "cli",
          .action = std::move(action),
          .object = std::move(object),
          .request_id = Handle::random().str(),
          .detail = boost::json::serialize(detail)};
}

}  // namespace tessera::admin
