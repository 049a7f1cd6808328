#include "cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <optional>

#include "base/utf8.h"
#include "cli/channel.h"
#include "cli/core.h"
#include "cli/doctor.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/transfer.h"
#include "jose/json.h"

namespace tessera::cli {
namespace {

namespace json = boost::json;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;
constexpr jose::JsonLimits kAnswerLimits{.max_bytes = 64UL * 1024 * 1024, .max_depth = 32};

constexpr std::string_view kApplyFooter = R"(A file declares one realm:

  [realm]
  name = "finlex"
  scopes = ["tender:read"]

  [[role]]
  name = "broker"
  permissions = ["tender:read"]

  [[client]]
  id = "tender-app"
  preset = "finlex"        # or finapi, flinks, keycloak: the defaults of that system
  roles = ["broker"]
  scopes = ["tender:read"]

  [[user]]
  username = "anna"

What the files do not mention is left alone. Secrets and passwords stand in no file.

Example: tessera apply demo/*.toml --dry-run)";

constexpr std::string_view kRestoreNotice = R"(tessera: {}

Nothing was done. On the data of {}, restore would

  - take the database as it stands, although what was done after its backup is missing from it;
  - start a new epoch: every access and refresh token issued until now is dead, for good;
  - withdraw again what the file withdrawals says was withdrawn since: deleted secrets, removed or
    disabled clients, users and realms, changed passwords (who has one needs another), removed keys,
    consents.

What was added since is gone, and policies, scopes and roles hold again as the backup has them: apply your files once
more. To do it, stop the server and write: tessera restore --accept
)";

constexpr std::string_view kAsIsNotice = R"(
If you know that the database is no backup (another program folded its log in, the file epoch was lost), it goes on as
it is, tokens and all, with: tessera restore --as-is
)";

constexpr std::string_view kNoRestoreNeeded = "no restore is needed: the database is no older than what stands beside it";

CLI::Option* add_argument(CLI::App& command, const ArgumentSpec& argument, TypedArgument& typed) {
  const std::string spelling(argument.spelling);
  const std::string help(argument.help);
  if (argument.input == Input::flag || argument.input == Input::secret_stdin) return command.add_flag(spelling, typed.given, help);
  const auto keep_all = [&typed](const std::vector<std::string>& words) { typed = {true, words}; };
  if (argument.input == Input::words) return command.add_option_function<std::vector<std::string>>(spelling, keep_all, help);
  const auto keep_one = [&typed](const std::string& word) { typed = {true, {word}}; };
  return command.add_option_function<std::string>(spelling, keep_one, help);
}

/// Says which word of the command there is not, with the nearest that there is; "" when all are known.
std::string misspelt_word(const std::vector<std::string>& typed) {
  std::vector<std::string_view> known{"serve", "apply", "export", "import", "doctor", "restore", "version"};
  for (const auto& group : groups()) known.push_back(group.name);
  std::string_view group;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (typed[i] == "--config") ++i;
    if (i >= typed.size() || typed[i].starts_with('-')) continue;
    if (std::find(known.begin(), known.end(), typed[i]) == known.end()) {
      const std::string nearest = config::nearest_key(typed[i], known);
      return fmt::format("no command \"{}\"{}", typed[i], nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
    }
    if (!group.empty()) return "";
    group = typed[i];
    known.clear();
    for (const auto& command : commands())
      if (command.group == group) known.push_back(command.verb);
    if (known.empty()) return "";
  }
  return "";
}

/// What was typed beside the command itself, and what comes of it.
class CommandLine {
 public:
  explicit CommandLine(ServeFunction serve) : serve_(std::move(serve)) {
    app_.name("tessera");
    app_.description("Issues tokens, says whether they still hold, and takes them back.");
    app_.footer("Each command has its own --help, with an example.");
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--config", config_, "the server's configuration file")->envname("TESSERA_CONFIG");
    app_.add_flag("--json", json_, "print the result as JSON");
    app_.set_version_flag("--version", "tessera " TESSERA_VERSION, "print the version and exit");
    add_server_commands();
    add_apply();
    add_export();
    add_import();
    for (const auto& group : groups()) add_group(group);
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);
      const std::string misspelt = misspelt_word({argv + 1, argv + argc});
      std::cerr << "tessera: " << printable(misspelt.empty() ? error.what() : misspelt) << "; --help shows how to write it\n";
      return kUsage;
    }
    return chosen_();
  }

 private:
  /// One command of the table, with what was typed for it.
  struct Bound {
    const CommandSpec* spec;
    std::vector<TypedArgument> typed;
  };

  void add_server_commands();
  void add_apply();
  void add_export();
  void add_import();
  void add_group(const GroupSpec& group);
  void add_command(CLI::App& group, const CommandSpec& spec);
  CLI::App* add(std::string_view name, std::string_view help, std::function<int()> action) {
    auto* command = app_.add_subcommand(std::string(name), std::string(help));
    command->callback([this, action = std::move(action)] { chosen_ = action; });
    return command;
  }

  int refuse(const Error& error) const {
    const std::string text = error.context.empty() ? std::string(base::reason_line(error.reason)) : printable(error.context);
    std::cerr << "tessera: " << text << '\n';
    return error.reason == Reason::parameter_invalid ? kUsage : kRefused;
  }

  Result<config::Settings> settings() const {
    if (config_.empty()) return fail(Reason::parameter_invalid, "no configuration: add --config FILE, or set TESSERA_CONFIG");
    return config::load_settings(config_);
  }

  /// Sends a request and prints what comes back: raw, or as `render` shows it.
  /// `report` is what the result says beside what was answered.
  int carry_out(const Result<json::object>& request, const std::function<std::string(const json::value&)>& render,
                json::object report = {}) const;
  int import_keycloak() const;
  int restore() const;
  int say_whether_to_restore(const config::Settings& loaded, const store::Verdict& verdict) const;
  int accept_as_is(const config::Settings& loaded, bool needed) const;
  int accept_restored(const config::Settings& loaded) const;
  int doctor() const;

  ServeFunction serve_;
  CLI::App app_;
  std::string config_;
  bool json_ = false;
  bool accept_ = false;
  bool as_is_ = false;
  bool anyway_ = false;
  bool without_withdrawals_ = false;
  bool dry_run_ = false;
  bool prune_ = false;
  bool with_users_ = false;
  std::string realm_;
  std::string out_file_;
  std::vector<std::string> files_;
  std::deque<Bound> bound_;  ///< stays in place: the parser writes into it
  std::function<int()> chosen_;
};

int CommandLine::carry_out(const Result<json::object>& request, const std::function<std::string(const json::value&)>& render,
                           json::object report) const {
  if (!request) return refuse(request.error());
  const std::string asked = json::serialize(*request);
  if (!base::is_utf8(asked)) return refuse({Reason::parameter_invalid, "what was typed is no UTF-8; set the terminal to UTF-8"});
  const auto loaded = settings();
  if (!loaded) return refuse(loaded.error());
  const auto channel = open_channel(*loaded);
  if (!channel) return refuse(channel.error());
  const auto text = (*channel)->send(asked);
  if (!text) return refuse(text.error());
  auto answer = jose::parse_json(*text, kAnswerLimits);
  auto* const object = answer ? answer->if_object() : nullptr;
  if (object == nullptr) return refuse({Reason::internal, "the answer is no JSON object"});
  if (const auto* error = object->if_contains("error")) {
    if (json_) std::cout << *text << '\n';
    std::cerr << "tessera: " << printable(error->at("message").as_string()) << '\n';
    return kRefused;
  }
  json::value& result = object->at("result");
  if (!report.empty()) result.as_object()["report"] = std::move(report);
  if (auto* const shown = result.if_object(); shown != nullptr && shown->contains("warning")) {
    std::cerr << "tessera: warning: " << printable(shown->at("warning").as_string()) << '\n';
    if (!json_) shown->erase("warning");  // said once is enough for people
  }
  std::cout << (json_ ? json::serialize(result) + "\n" : render(result));
  return kDone;
}

void CommandLine::add_server_commands() {
  auto* serve = add("serve", "Runs the server until it is interrupted.", [this] {
    const auto loaded = settings();
    return loaded ? serve_(*loaded) : refuse(loaded.error());
  });
  serve->footer("Example: tessera serve --config /etc/tessera/server.toml");

  auto* doctor_command = add("doctor", "Checks configuration, store, keys, clock, ports and unsafe settings.", [this] { return doctor(); });
  doctor_command->footer("Example: tessera doctor --config /etc/tessera/server.toml");

  auto* restore_command =
      add("restore", "Takes up work on a restored backup; every token issued before is dead from then on.", [this] { return restore(); });
  auto* accept = restore_command->add_flag("--accept", accept_, "yes, do it; without this flag, says what would be done");
  restore_command->add_flag("--as-is", as_is_, "the database is no copy: goes on with it as it is; refused where it is known to be older");
  restore_command->add_flag("--anyway", anyway_, "also when no restore is needed: kills every token")->needs(accept);
  restore_command->add_flag("--without-withdrawals", without_withdrawals_, "also when lines of the file withdrawals are lost for good")
      ->needs(accept);
  restore_command->footer("Example: tessera restore --accept");

  add("version", "Prints the version.", [this] {
    std::cout << (json_ ? fmt::format("{{\"version\":\"{}\"}}\n", TESSERA_VERSION) : fmt::format("tessera {}\n", TESSERA_VERSION));
    return kDone;
  });
}

void CommandLine::add_apply() {
  auto* command = add("apply", "Makes realms, clients, roles and users as files declare them; prints what changes.", [this] {
    const bool color = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    return carry_out(make_apply_request(files_, dry_run_, prune_),
                     [color](const json::value& result) { return render_plan(result, color); });
  });
  command->add_option("FILE", files_, "realm files (TOML)")->required();
  command->add_flag("--dry-run", dry_run_, "print the plan and change nothing");
  command->add_flag("--prune", prune_,
                    "remove what the files do not mention, but for clients that registered themselves, and set fields that they leave out "
                    "to their defaults");
  command->footer(std::string(kApplyFooter));
}

void CommandLine::add_export() {
  auto* command = add("export", "Prints a realm as a file that apply takes; without secrets and passwords.", [this] {
    const json::object request{{"command", "export"}, {"args", {{"realm", realm_}, {"with_users", with_users_}}}};
    return carry_out(request, [](const json::value& result) { return std::string(result.at("toml").as_string()); });
  });
  command->add_option("REALM", realm_, "the realm's name")->required();
  command->add_flag("--with-users", with_users_, "its users, too");
  command->footer("Example: tessera export finlex >finlex.toml");
}

int CommandLine::import_keycloak() const {
  const auto import = read_keycloak_file(files_.front(), realm_);
  if (!import) return refuse(import.error());
  if (!out_file_.empty())
    if (const auto written = write_private_file(out_file_, import->file()); !written) return refuse(written.error());
  const bool color = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return carry_out(
      make_import_request(*import, dry_run_), [color](const json::value& result) { return render_import(result, color); },
      import->report.to_json());
}

void CommandLine::add_import() {
  auto* parent = app_.add_subcommand("import", "Takes over a realm of another system, with its users' passwords and its clients' secrets.");
  parent->require_subcommand(1);
  auto* command =
      parent->add_subcommand("keycloak", "From the export of one realm of Keycloak (kc.sh export); says what could not be carried.");
  command->callback([this] { chosen_ = [this] { return import_keycloak(); }; });
  command->add_option("FILE", files_, "the export (JSON)")->required()->expected(1);
  command->add_flag("--dry-run", dry_run_, "print the plan and the report, and change nothing");
  command->add_option("--realm", realm_, "the realm's name here; else as in the export");
  command->add_option("--out", out_file_, "write the realm file there, too");
  command->footer("Example: tessera import keycloak realm.json --dry-run");
}

void CommandLine::add_group(const GroupSpec& group) {
  auto* parent = app_.add_subcommand(std::string(group.name), std::string(group.help));
  parent->require_subcommand(1);
  for (const auto& spec : commands())
    if (spec.group == group.name) add_command(*parent, spec);
}

void CommandLine::add_command(CLI::App& group, const CommandSpec& spec) {
  auto* command = group.add_subcommand(std::string(spec.verb), std::string(spec.help));
  command->footer("Example: " + std::string(spec.example));
  Bound& bound = bound_.emplace_back(Bound{&spec, std::vector<TypedArgument>(spec.arguments.size())});
  for (std::size_t i = 0; i < spec.arguments.size(); ++i) {
    const ArgumentSpec& argument = spec.arguments[i];
    auto* option = add_argument(*command, argument, bound.typed[i]);
    if (argument.required) option->required();
  }
  command->callback([this, &bound] {
    chosen_ = [this, &bound] {
      return carry_out(make_request(*bound.spec, bound.typed, std::cin, base::SystemClock{}.now()),
                       [&bound](const json::value& result) { return render_result(*bound.spec, result); });
    };
  });
}

/// To ask whether a restore is needed makes nothing.
Result<store::Verdict> judge(const config::Settings& settings) {
  const auto nothing = [&](const std::string& where) {
    return fail(Reason::config_invalid, where + " holds no database: there is nothing to restore; put the copy there, or check --config");
  };
  const bool here = std::filesystem::exists(settings.data_dir + "/epoch") || std::filesystem::exists(settings.data_dir + "/tessera.db");
  if (settings.store_url.empty() ? !here : !std::filesystem::exists(settings.data_dir)) return nothing("data_dir " + settings.data_dir);
  const auto judged = TRY(store::judge_store({.data_dir = settings.data_dir, .url = settings.store_url, .alone = true}));
  if (judged->verdict().standing == store::Standing::fresh) return nothing("the store");
  return judged->verdict();
}

int CommandLine::restore() const {
  if (as_is_ && accept_)
    return refuse({Reason::parameter_invalid, "--as-is and --accept: one says that the database is no copy, the other that it is"});
  const auto loaded = settings();
  if (!loaded) return refuse(loaded.error());
  const auto verdict = judge(*loaded);
  if (!verdict) return refuse(verdict.error());
  const bool needed = verdict->standing != store::Standing::healthy;
  if (as_is_) return accept_as_is(*loaded, needed);
  if (!accept_) return say_whether_to_restore(*loaded, *verdict);
  if (!needed && !anyway_)
    return refuse({Reason::config_invalid,
                   fmt::format("nothing was done: {}; --anyway kills every token all the same, with a new epoch", kNoRestoreNeeded)});
  return accept_restored(*loaded);
}

int CommandLine::say_whether_to_restore(const config::Settings& loaded, const store::Verdict& verdict) const {
  const bool needed = verdict.standing != store::Standing::healthy;
  if (json_)
    std::cout << json::serialize(json::object{{"needed", needed}, {"why", needed ? verdict.why : std::string(kNoRestoreNeeded)}}) << '\n';
  else if (needed)
    std::cerr << fmt::format(kRestoreNotice, printable(verdict.why), printable(loaded.data_dir))
              << (verdict.standing == store::Standing::unknown ? kAsIsNotice : "");
  else
    std::cout << kNoRestoreNeeded << '\n';
  return needed ? kUsage : kDone;
}

int CommandLine::accept_as_is(const config::Settings& loaded, bool needed) const {
  if (needed)
    if (const auto core = Core::open(loaded, Core::Restore{.accept = store::Accept::as_is}); !core) return refuse(core.error());
  if (json_)
    std::cout << json::serialize(json::object{{"needed", needed}}) << '\n';
  else
    std::cout << (needed ? "goes on as it is: what was issued lives" : kNoRestoreNeeded) << '\n';
  return kDone;
}

int CommandLine::accept_restored(const config::Settings& loaded) const {
  const auto core = Core::open(loaded, Core::Restore{.without_withdrawals = without_withdrawals_});
  if (!core) return refuse(core.error());
  const auto& again = (*core)->store().withdrawn_again();
  if (json_) {
    json::array withdrawn;
    for (const auto& [kind, object] : again) withdrawn.push_back({{"kind", store::withdrawal_name(kind)}, {"object", object}});
    std::cout << json::serialize(json::object{{"epoch", (*core)->epoch()}, {"withdrawn", std::move(withdrawn)}}) << '\n';
    return kDone;
  }
  std::cout << fmt::format("accepted: restore epoch {}; what was issued before is dead\n", (*core)->epoch());
  for (const auto& [kind, object] : again)
    std::cout << fmt::format("again:    {:<16} {}\n", store::withdrawal_name(kind), printable(object));
  return kDone;
}

int CommandLine::doctor() const {
  const auto loaded = settings();
  if (!loaded) return refuse(loaded.error());
  const auto findings = examine(*loaded);
  std::cout << (json_ ? findings_json(findings) + "\n" : findings_text(findings));
  return any_failed(findings) ? kRefused : kDone;
}

}  // namespace

int run_cli(int argc, char** argv, ServeFunction serve) { return CommandLine(std::move(serve)).run(argc, argv); }

}  // namespace tessera::cli
