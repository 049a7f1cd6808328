// Policies and profiles as JSON: what the store keeps of them, and what operators write.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/client.h"
#include "model/realm.h"
#include "model/user.h"

namespace tessera::model {

/// Every member, in declared order.
boost::json::object to_json(const RealmPolicy& policy);
boost::json::object to_json(const ClientPolicy& policy);
boost::json::object to_json(const UserProfile& profile);

/// An absent member has its default; one of another type or out of its words is an error; members not listed below are the caller's affair.
/// Errors: config_invalid, the context being "MEMBER: what is wrong".
Result<RealmPolicy> realm_policy_from_json(const boost::json::value& json);
Result<ClientPolicy> client_policy_from_json(const boost::json::value& json);
Result<UserProfile> user_profile_from_json(const boost::json::value& json);

/// The members that each knows, for those who refuse unknown ones.
std::vector<std::string_view> realm_policy_members();
std::vector<std::string_view> client_policy_members();
std::vector<std::string_view> user_profile_members();

}  // namespace tessera::model
