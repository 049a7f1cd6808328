// A whole administration over a store in memory, for tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>

#include "admin/dispatcher.h"
#include "jose/json.h"
#include "keys/sealer.h"
#include "store/sql_store.h"

namespace tessera::admin {

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance_s(std::int64_t s) { now_ += std::chrono::seconds(s); }

 private:
  TimePoint now_ = base::from_s(1'800'000'000);
};

inline std::vector<Secret> test_master_keys() {
  std::vector<Secret> keys;
  keys.emplace_back(std::string(32, 'k'));
  return keys;
}

struct World {
  FixedClock clock;
  std::unique_ptr<store::Store> store = *store::open_store_in_memory();
  keys::Sealer sealer{test_master_keys()};
  keys::Keyring keyring{store->config(), sealer};
  clients::Directory directory{store->config()};
  clients::SecretHasher hasher{Secret(std::string(32, 'p'))};
  sessions::Passwords passwords{{.passes = 1, .memory_bytes = 8'192}, Secret(std::string(32, 'n'))};
  revocation::Revocations revocations{store->config(), store->journal()};
  Status first_key_read;  ///< what the services are told of the master key's place
  Services services{store->config(),
                    store->sessions(),
                    store->authorizations(),
                    store->registrations(),
                    revocations,
                    directory,
                    keyring,
                    sealer,
                    hasher,
                    passwords,
                    clock,
                    "https://auth.example.com",
                    [this] { return first_key_read; }};
  Operations operations{services};
  Dispatcher dispatcher{services};

  World() {
    EXPECT_TRUE(revocations.load({}));
    EXPECT_TRUE(directory.load_realms());
    revocations.add_listener(directory);
  }

  /// Applies one file; the plan's lines, each "SIGN TEXT", or the refusal.
  std::vector<std::string> apply(const std::string& toml, ApplyOptions options = {}) {
    const auto plans = operations.apply({{"realm.toml", toml}}, options);
    if (!plans) return {plans.error().context.empty() ? std::string(base::reason_name(plans.error().reason)) : plans.error().context};
    std::vector<std::string> lines;
    for (const auto& plan : *plans)
      for (const auto& line : plan.lines) lines.push_back(std::string(1, line.sign) + " " + line.text);
    return lines;
  }

  model::RealmId realm_id(std::string_view name) { return operations.show_realm(name)->id; }
  std::vector<model::RevocationEvent> journal(std::string_view realm) { return *store->journal().entries_after(realm_id(realm), 0, 1'000); }

  boost::json::value ask(boost::json::object request) {
    return *jose::parse_json(dispatcher.handle(boost::json::serialize(request)), {.max_bytes = 1'000'000});
  }
};

inline constexpr const char* kRealmFile = R"(
[realm]
name = "bank"
scopes = ["read", "write"]
[[role]]
name = "clerk"
permissions = ["read"]
[[client]]
id = "app"
grants = ["client_credentials"]
roles = ["clerk"]
scopes = ["read", "write"]
access_ttl = "30m"
[[user]]
username = "anna"
roles = ["clerk"]
)";

}  // namespace tessera::admin
