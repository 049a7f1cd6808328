// Which command carries out which operation. Names are PART.VERB, arguments the operation's.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "admin/dispatcher.h"
#include "admin/views.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;
using Commands = std::map<std::string_view, Dispatcher::Command>;
using Answer = Result<json::value>;

/// What an operation without a result of its own answers.
Answer done(const Status& status) {
  if (!status) return std::unexpected(status.error());
  return json::value(json::object{{"done", true}});
}

template <class Value>
Answer shown(const Result<Value>& result) {
  if (!result) return std::unexpected(result.error());
  return view_of(*result);
}

Answer shown_secret(const Result<IssuedSecret>& issued) {
  if (!issued) return std::unexpected(issued.error());
  auto view = view_of(issued->record);
  view.as_object()["secret"] = issued->text.reveal();
  return view;
}

/// Clients move over with whatever they have, so a short secret is taken; but whoever took it knows.
Answer with_warning(Answer imported, const Secret& text) {
  constexpr std::size_t kGuessableBytes = 16;
  if (imported && text.size() < kGuessableBytes)
    imported->as_object()["warning"] = fmt::format(
        "taken, but a secret of fewer than {} bytes may be guessed; give the client one of ours when it can change: tessera secret add",
        kGuessableBytes);
  return imported;
}

store::Page page_of(Arguments& args) {
  constexpr std::int64_t kPageMax = 1'000;
  return {.after = args.text_or("after", ""), .limit = static_cast<int>(std::min(args.number_or("limit", 100), kPageMax))};
}

Answer set_password(Operations& operations, std::string_view realm, std::string_view user, std::optional<Secret> given) {
  const auto made = TRY(operations.set_password(realm, user, std::move(given)));
  json::object shown{{"username", user}};
  if (made) shown["password"] = made->reveal();
  return json::value(std::move(shown));
}

/// The password that came with the request; nothing when one is to be made.
std::optional<Secret> given_password(Arguments& args) {
  const bool given = args.has("password");
  std::string text = args.text_or("password", "");
  return given ? std::optional<Secret>(Secret(std::move(text))) : std::nullopt;
}

Answer add_user(Operations& operations, Arguments& args) {
  const auto realm = args.text("realm");
  const auto user = args.text("user");
  model::UserProfile profile;
  profile.email = args.text_or("email", "");
  profile.given_name = args.text_or("given_name", "");
  profile.family_name = args.text_or("family_name", "");
  profile.roles = args.words("roles");
  const bool generates = args.flag("generate_password");
  auto given = given_password(args);
  TRY(args.status());
  TRY(operations.add_user(realm, user, profile));
  if (generates || given) return set_password(operations, realm, user, std::move(given));
  return json::value(json::object{{"username", user}});
}

}  // namespace

void add_realm_commands(Commands& commands) {
  commands["apply"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto files = args.files("files");
    const ApplyOptions options{.dry_run = args.flag("dry_run"), .prune = args.flag("prune")};
    TRY(args.status());
    const auto plans = TRY(operations.apply(files, options));
    return json::value(json::object{{"applied", !options.dry_run}, {"realms", view_of(plans)}});
  };
  commands["realm.list"] = [](Operations& operations, Arguments& args) -> Answer {
    TRY(args.status());
    return shown(operations.list_realms());
  };
  commands["realm.show"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    TRY(args.status());
    return shown(operations.show_realm(realm));
  };
  for (const bool enabled : {true, false})
    commands[enabled ? "realm.enable" : "realm.disable"] = [enabled](Operations& operations, Arguments& args) -> Answer {
      const auto realm = args.text("realm");
      TRY(args.status());
      return done(operations.enable_realm(realm, enabled));
    };
  commands["realm.not-before"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    TRY(args.status());
    const auto not_before_s = TRY(operations.raise_not_before(realm));
    return json::value(json::object{{"not_before", not_before_s}});
  };
}

void add_client_commands(Commands& commands) {
  commands["client.list"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto page = page_of(args);
    TRY(args.status());
    return shown(operations.list_clients(realm, page));
  };
  const auto on_client = [&commands](std::string_view name, auto operation) {
    commands[name] = [operation](Operations& operations, Arguments& args) -> Answer {
      const auto realm = args.text("realm");
      const auto client = args.text("client");
      TRY(args.status());
      return operation(operations, realm, client);
    };
  };
  using Text = const std::string&;
  on_client("client.show", [](Operations& operations, Text realm, Text client) { return shown(operations.show_client(realm, client)); });
  on_client("client.enable",
            [](Operations& operations, Text realm, Text client) { return done(operations.enable_client(realm, client, true)); });
  on_client("client.disable",
            [](Operations& operations, Text realm, Text client) { return done(operations.enable_client(realm, client, false)); });
  on_client("client.remove", [](Operations& operations, Text realm, Text client) { return done(operations.remove_client(realm, client)); });
  on_client("secret.list", [](Operations& operations, Text realm, Text client) { return shown(operations.list_secrets(realm, client)); });

  const auto on_secret = [&commands](std::string_view name, auto operation) {
    commands[name] = [operation](Operations& operations, Arguments& args) -> Answer {
      const auto realm = args.text("realm");
      const auto client = args.text("client");
      return operation(operations, args, realm, client);
    };
  };
  on_secret("secret.add", [](Operations& operations, Arguments& args, Text realm, Text client) -> Answer {
    const auto expires_at_s = args.number_or("expires_at_s", 0);
    TRY(args.status());
    return shown_secret(operations.add_secret(realm, client, expires_at_s));
  });
  on_secret("secret.import", [](Operations& operations, Arguments& args, Text realm, Text client) -> Answer {
    const Secret text(args.text("secret"));
    const auto expires_at_s = args.number_or("expires_at_s", 0);
    TRY(args.status());
    return with_warning(shown(operations.import_secret(realm, client, text, expires_at_s)), text);
  });
  on_secret("secret.regenerate", [](Operations& operations, Arguments& args, Text realm, Text client) -> Answer {
    const auto id = args.text_or("id", "");
    const bool compromised = args.flag("compromised");
    TRY(args.status());
    return shown_secret(operations.regenerate_secret(realm, client, id, compromised));
  });
  on_secret("secret.delete", [](Operations& operations, Arguments& args, Text realm, Text client) -> Answer {
    const auto id = args.text_or("id", "");
    const bool compromised = args.flag("compromised");
    TRY(args.status());
    return done(operations.delete_secret(realm, client, id, compromised));
  });
}

void add_user_commands(Commands& commands) {
  commands["user.list"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto page = page_of(args);
    TRY(args.status());
    return shown(operations.list_users(realm, page));
  };
  commands["user.add"] = add_user;
  commands["user.set-password"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto user = args.text("user");
    auto given = given_password(args);
    TRY(args.status());
    return set_password(operations, realm, user, std::move(given));
  };
  commands["user.import-password"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto user = args.text("user");
    const Secret record(args.text("record"));
    TRY(args.status());
    return done(operations.import_password(realm, user, record));
  };
  const auto on_user = [&commands](std::string_view name, auto operation) {
    commands[name] = [operation](Operations& operations, Arguments& args) -> Answer {
      const auto realm = args.text("realm");
      const auto user = args.text("user");
      TRY(args.status());
      return operation(operations, realm, user);
    };
  };
  using Text = const std::string&;
  on_user("user.show", [](Operations& operations, Text realm, Text user) { return shown(operations.show_user(realm, user)); });
  on_user("user.enable", [](Operations& operations, Text realm, Text user) { return done(operations.enable_user(realm, user, true)); });
  on_user("user.disable", [](Operations& operations, Text realm, Text user) { return done(operations.enable_user(realm, user, false)); });
  on_user("user.end-sessions", [](Operations& operations, Text realm, Text user) { return done(operations.end_sessions(realm, user)); });
  on_user("user.remove", [](Operations& operations, Text realm, Text user) { return done(operations.remove_user(realm, user)); });
  on_user("session.list", [](Operations& operations, Text realm, Text user) { return shown(operations.list_sessions(realm, user)); });
  commands["session.end"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto session = args.text("session");
    TRY(args.status());
    return done(operations.end_session(realm, session));
  };
  on_user("consent.list", [](Operations& operations, Text realm, Text user) { return shown(operations.list_consents(realm, user)); });
  commands["consent.withdraw"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto user = args.text("user");
    const auto consent = args.text("consent");
    TRY(args.status());
    return done(operations.withdraw_consent(realm, user, consent));
  };
}

void add_key_commands(Commands& commands) {
  commands["key.list"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    TRY(args.status());
    return shown(operations.list_keys(realm));
  };
  commands["key.add"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto alg = args.text("alg");
    TRY(args.status());
    const auto kid = TRY(operations.add_key(realm, alg));
    return json::value(json::object{{"id", kid}});
  };
  commands["key.rotate"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto alg = args.text_or("alg", "");
    TRY(args.status());
    return done(operations.rotate_key(realm, alg));
  };
  commands["key.remove"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto realm = args.text("realm");
    const auto id = args.text("id");
    const bool compromised = args.flag("compromised");
    TRY(args.status());
    return done(operations.remove_key(realm, id, compromised));
  };
  commands["key.reseal"] = [](Operations& operations, Arguments& args) -> Answer {
    TRY(args.status());
    return shown(operations.reseal());
  };
  commands["doctor"] = [](Operations& operations, Arguments& args) -> Answer {
    TRY(args.status());
    return shown(operations.examine());
  };
  commands["token.inspect"] = [](Operations& operations, Arguments& args) -> Answer {
    const auto token = args.text("token");
    TRY(args.status());
    return shown(operations.inspect_token(token));
  };
}

}  // namespace tessera::admin
