// Realms on their way out and in.
#include <boost/json/object.hpp>

#include "admin/dispatcher.h"
#include "admin/views.h"

namespace tessera::admin {

namespace json = boost::json;

void add_transfer_commands(std::map<std::string_view, Dispatcher::Command>& commands) {
  commands["export"] = [](Operations& operations, Arguments& args) -> Result<json::value> {
    const auto realm = args.text("realm");
    const bool with_users = args.flag("with_users");
    TRY(args.status());
    const auto text = TRY(operations.export_realm(realm, with_users));
    return json::value(json::object{{"realm", realm}, {"toml", text}});
  };
}

}  // namespace tessera::admin
