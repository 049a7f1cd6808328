// How records look in results. Never a hash, a password record or a private key.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "admin/operations.h"

namespace tessera::admin {

boost::json::value view_of(const model::Realm& realm);
boost::json::value view_of(const model::Client& client);
boost::json::value view_of(const model::ClientSecret& secret);
boost::json::value view_of(const model::InitialAccessToken& token);
boost::json::value view_of(const model::User& user);
boost::json::value view_of(const model::Session& session);
boost::json::value view_of(const ConsentView& consent);
boost::json::value view_of(const KeyView& key);
boost::json::value view_of(const Resealed& resealed);
boost::json::value view_of(const TokenReport& report);
boost::json::value view_of(const RealmPlan& plan);
boost::json::value view_of(const HealthFinding& finding);

template <class Item>
boost::json::value view_of(const std::vector<Item>& items) {
  boost::json::array shown;
  for (const auto& item : items) shown.push_back(view_of(item));
  return shown;
}

}  // namespace tessera::admin
