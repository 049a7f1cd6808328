// Realms on their way out and in.
#include <boost/json/object.hpp>

#include "admin/dispatcher.h"
#include "admin/views.h"

namespace tessera::admin {

namespace json = boost::json;

namespace {

Result<json::value> import_realm(Operations& operations, Arguments& args) {
  const auto files = args.files("files");
  std::vector<ForeignPassword> passwords;
  for (auto& [user, record] : args.pairs("passwords", "user", "record")) passwords.push_back({std::move(user), Secret(std::move(record))});
  std::vector<ForeignSecret> secrets;
  for (auto& [client, secret] : args.pairs("secrets", "client", "secret"))
    secrets.push_back({std::move(client), Secret(std::move(secret))});
  const bool dry_run = args.flag("dry_run");
  TRY(args.status());
  const auto outcome = TRY(operations.import_realm(files, passwords, secrets, dry_run));
  return json::value(json::object{{"applied", !dry_run},
                                  {"realms", json::array{view_of(outcome.plan)}},
                                  {"kept", {{"passwords", outcome.passwords_kept}, {"secrets", outcome.secrets_kept}}}});
}

}  // namespace

void add_transfer_commands(std::map<std::string_view, Dispatcher::Command>& commands) {
  commands["export"] = [](Operations& operations, Arguments& args) -> Result<json::value> {
    const auto realm = args.text("realm");
    const bool with_users = args.flag("with_users");
    TRY(args.status());
    const auto text = TRY(operations.export_realm(realm, with_users));
    return json::value(json::object{{"realm", realm}, {"toml", text}});
  };
  commands["import"] = import_realm;
}

}  // namespace tessera::admin
