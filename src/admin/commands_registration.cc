#include <boost/json/object.hpp>

#include "admin/dispatcher.h"
#include "admin/views.h"

namespace tessera::admin {

namespace json = boost::json;
using Answer = Result<json::value>;

void add_registration_commands(std::map<std::string_view, Dispatcher::Command>& commands) {
  commands["initial-access-token.list"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    TRY(args.status());
    return view_of(TRY(operations.list_initial_access_tokens(realm)));
  };
  commands["initial-access-token.add"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto expires_at_s = args.number_or("expires_at_s", 0);
    const auto uses = args.number_or("uses", 1);
    TRY(args.status());
    const auto made = TRY(operations.add_initial_access_token(realm, expires_at_s, uses));
    auto view = view_of(made.record);
    view.as_object()["token"] = made.text.reveal();
    return view;
  };
  commands["initial-access-token.withdraw"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto id = args.text("id");
    TRY(args.status());
    TRY(operations.withdraw_initial_access_token(realm, id));
    return json::value(json::object{{"done", true}});
  };
}

}  // namespace tessera::admin
