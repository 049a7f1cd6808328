// registration/metadata.h: whatever a client says of itself, it becomes no more than the template, and what it is told can be said again.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "fuzz.h"
#include "jose/json.h"
#include "registration/metadata.h"

using namespace tessera;

namespace {

const model::Client& likeness() {
  static const model::Client made = [] {
    model::Client client;
    client.policy.edit().grants = {"authorization_code", "refresh_token", "client_credentials"};
    client.policy.edit().scopes = {"openid", "accounts"};
    return client;
  }();
  return made;
}

const model::RealmPolicy& realm() {
  static const model::RealmPolicy policy{
      .registration_auth_methods = {"none", "client_secret_basic", "client_secret_post", "private_key_jwt"}};
  return policy;
}

bool is_within(const std::vector<std::string>& words, const std::vector<std::string>& bound) {
  return std::all_of(words.begin(), words.end(),
                     [&](const auto& word) { return std::find(bound.begin(), bound.end(), word) != bound.end(); });
}

void require_told(const Error& error) {
  REQUIRE(!error.limit.empty());
  for (const char c : error.limit) REQUIRE(c >= 0x20 && c < 0x7F && c != '"' && c != '\\');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = jose::parse_json(fuzz::text_of(data, size));
  if (!parsed || !parsed->is_object()) return 0;
  const auto said = registration::read_metadata(parsed->get_object());
  if (!said) return require_told(said.error()), 0;
  const auto client = registration::shape_client(*said, *likeness().policy, *likeness().policy, realm());
  if (!client) return require_told(client.error()), 0;
  REQUIRE(is_within(client->policy->grants, likeness().policy->grants));
  REQUIRE(is_within(client->policy->scopes, likeness().policy->scopes));
  for (const auto& uri : client->policy->redirect_uris) REQUIRE(uri.find_first_of(" *#\\") == std::string::npos);
  const auto again = registration::read_metadata(registration::describe(*client, boost::json::serialize(said->about)));
  REQUIRE(again.has_value());
  REQUIRE(registration::shape_client(*again, *likeness().policy, *likeness().policy, realm()).has_value());
  return 0;
}
