#include "cli/doctor.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/fd.h"
#include "base/file_owner.h"
#include "cli/channel.h"
#include "cli/render.h"
#include "config/address.h"
#include "dialects/dialect.h"
#include "dialects/router.h"
#include "jose/json.h"
#include "store/withdrawal_file.h"

namespace tessera::cli {
namespace {

namespace json = boost::json;
using Level = Finding::Level;
using Findings = std::vector<Finding>;

constexpr std::string_view kLevelNames[] = {"ok", "warn", "fail"};

void add(Findings& findings, Level level, std::string what, std::string todo = "") {
  findings.push_back({level, std::move(what), std::move(todo)});
}

void check_private(Findings& findings, const std::string& path, mode_t forbidden, std::string_view mode) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return;
  if ((status.st_mode & forbidden) == 0) return add(findings, Level::ok, path + " is private");
  add(findings, Level::fail, path + " is open to other users", fmt::format("chmod {} {}", mode, path));
}

/// Whose the folder is runs the server; what another put there it may not be able to open.
void check_owner(Findings& findings, const std::string& path, const std::string& folder) {
  const auto owner = base::owner_of(path);
  const auto server = base::owner_of(folder);
  if (!owner || !server || *owner == *server) return;
  add(findings, Level::fail, fmt::format("{} belongs to {}, and {} to {}", path, base::user_name(*owner), folder, base::user_name(*server)),
      fmt::format("chown {} {}", base::user_name(*server), path));
}

/// A running server only ever adds lines, and what it has not added whole is no line yet.
void check_withdrawals(Findings& findings, const std::string& path) {
  const auto file = store::WithdrawalFile::open(path);
  const auto lines = file ? (*file)->after(0) : std::unexpected(file.error());
  if (!lines) return add(findings, Level::fail, lines.error().context, "until then a restored backup can't be accepted");
  if (!lines->empty()) add(findings, Level::ok, fmt::format("{} can be read whole: {} withdrawals", path, lines->size()));
}

void check_files(Findings& findings, const config::Settings& settings) {
  struct stat status{};
  if (::stat(settings.data_dir.c_str(), &status) != 0)
    add(findings, Level::warn, fmt::format("data_dir {} does not exist yet", settings.data_dir),
        "`tessera serve` or `tessera apply` makes it");
  else if (::access(settings.data_dir.c_str(), R_OK | W_OK | X_OK) != 0)
    add(findings, Level::fail, fmt::format("data_dir {}: {}", settings.data_dir, std::strerror(errno)),
        "run as the server's user, or chown it");
  check_private(findings, settings.data_dir, S_IRWXG | S_IRWXO, "700");
  if (std::getenv("TESSERA_MASTER_KEY") != nullptr)
    add(findings, Level::ok, "TESSERA_MASTER_KEY is set: no master key file is read");
  else
    check_private(findings, settings.master_key_file.empty() ? settings.data_dir + "/master.key" : settings.master_key_file,
                  S_IRWXG | S_IRWXO, "600");
  for (const std::string name : {"tessera.db", "epoch", "withdrawals", "lock", "audit.jsonl"})
    check_owner(findings, settings.data_dir + "/" + name, settings.data_dir);
  if (std::getenv("TESSERA_MASTER_KEY") == nullptr)
    check_owner(findings, settings.master_key_file.empty() ? settings.data_dir + "/master.key" : settings.master_key_file,
                settings.data_dir);
  check_withdrawals(findings, settings.data_dir + "/withdrawals");
  for (const auto& listener : settings.listeners) {
    if (listener.tls_certificate.empty()) continue;
    for (const auto& path : {listener.tls_certificate, listener.tls_key})
      if (::access(path.c_str(), R_OK) != 0)
        add(findings, Level::fail, fmt::format("{}: {}", path, std::strerror(errno)), "check tls_certificate and tls_key");
    check_private(findings, listener.tls_key, S_IRWXO, "640");
  }
}

/// The kernel knows whether anything keeps its clock: chrony, ntpd and systemd-timesyncd all tell it.
void check_time_service(Findings& findings) {
  timex state{};
  if (::adjtimex(&state) < 0) return;
  if ((state.status & STA_UNSYNC) == 0) return add(findings, Level::ok, "a time service keeps the clock");
  add(findings, Level::warn, "no time service keeps the clock, as far as the kernel knows", "run chrony or systemd-timesyncd");
}

void check_settings(Findings& findings, const config::Settings& settings) {
  add(findings, Level::ok, settings.file + " is well-formed");
  if (settings.allow_plain_http)
    add(findings, Level::warn, "allow_plain_http: secrets and tokens may cross the network unencrypted",
        "give the listener TLS, or put a TLS proxy before it");
  if (!settings.base_url_is_set && !config::is_loopback(settings.listeners.front().address))
    add(findings, Level::warn, fmt::format("base_url is not set: issuers and links begin with {}", settings.base_url),
        "set it to the address that clients use");
  if (settings.metrics_port != 0 && !settings.metrics_address.starts_with("127.") && settings.metrics_address != "::1")
    add(findings, Level::warn,
        fmt::format("metrics are open on {}:{}, without TLS or a password", settings.metrics_address, settings.metrics_port),
        "set [metrics] address = \"127.0.0.1\"");
  for (const auto& proxy : settings.trusted_proxies)
    if (proxy.ends_with("/0"))
      add(findings, Level::fail, fmt::format("trusted_proxies names {}: anyone may forge X-Forwarded-*", proxy),
          "list the proxies' own addresses");
}

void check_dialects(Findings& findings, const config::Settings& settings) {
  dialects::Library library;
  for (const auto& dir : settings.dialect_dirs)
    if (const auto status = library.load_dir(dir); !status) add(findings, Level::fail, status.error().context, "mend the file");
  if (const auto router = dialects::make_router(library, settings.mounts); !router)
    add(findings, Level::fail, router.error().context, "mend [[mount]]");
}

/// Whether a listener could be opened now; "" when it could.
std::string bind_fault(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  sockaddr_storage place{};
  socklen_t size = 0;
  if (v6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(place);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    size = sizeof in;
    if (::inet_pton(AF_INET6, address.c_str(), &in.sin6_addr) != 1) return "is no address";
  } else {
    auto& in = reinterpret_cast<sockaddr_in&>(place);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    size = sizeof in;
    if (::inet_pton(AF_INET, address.c_str(), &in.sin_addr) != 1) return "is no address";
  }
  const Fd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), size) == 0 ? "" : std::strerror(errno);
}

void check_port(Findings& findings, const std::string& address, std::uint16_t port) {
  const std::string fault = bind_fault(address, port);
  if (fault.empty()) return add(findings, Level::ok, fmt::format("{}:{} is free", address, port));
  add(findings, Level::fail, fmt::format("{}:{}: {}", address, port, fault), "stop what listens there, or choose another port");
}

/// The result of a command without arguments; nothing, and a finding, when there is none.
std::optional<json::value> ask(Findings& findings, Channel& channel, std::string_view command) {
  const auto text = channel.send(fmt::format(R"({{"command":"{}","args":{{}}}})", command));
  const auto answer = text ? jose::parse_json(*text, {.max_bytes = 16UL * 1024 * 1024}) : std::unexpected(text.error());
  const auto* result = answer ? answer->as_object().if_contains("result") : nullptr;
  if (result != nullptr) return *result;
  add(findings, Level::fail, "the store could not be examined: " + (text ? *text : text.error().context), "see the server's log");
  return std::nullopt;
}

void check_mounted_realms(Findings& findings, Channel& channel, const config::Settings& settings) {
  const auto realms = ask(findings, channel, "realm.list");
  if (!realms) return;
  const auto exists = [&](const std::string& name) {
    return std::ranges::any_of(realms->as_array(),
                               [&](const json::value& realm) { return std::string_view(realm.at("name").as_string()) == name; });
  };
  for (const auto& mount : settings.mounts)
    if (!mount.realm.empty() && !exists(mount.realm))
      add(findings, Level::fail,
          fmt::format("{}: {} is mounted for the realm {}, which does not exist: its clients get 404", mount.where, mount.dialect,
                      mount.realm),
          "`tessera apply` the realm's file, or correct `realm`");
}

void check_store(Findings& findings, Channel& channel) {
  const auto result = ask(findings, channel, "doctor");
  if (!result) return;
  for (const auto& item : result->as_array()) {
    const std::string_view level = item.at("level").as_string();
    add(findings,
        level == "ok"     ? Level::ok
        : level == "warn" ? Level::warn
                          : Level::fail,
        std::string(item.at("what").as_string()), std::string(item.at("todo").as_string()));
  }
}

void check_ports(Findings& findings, const config::Settings& settings) {
  for (const auto& listener : settings.listeners) check_port(findings, listener.address, listener.port);
  if (settings.metrics_port != 0) check_port(findings, settings.metrics_address, settings.metrics_port);
}

void check_running(Findings& findings, const config::Settings& settings) {
  struct stat status{};
  if (::stat(settings.data_dir.c_str(), &status) != 0) return check_ports(findings, settings);
  const auto channel = open_channel(settings);
  if (!channel) return add(findings, Level::fail, channel.error().context, "nothing can be served before this is mended");
  const bool running = (*channel)->to_running_server();
  add(findings, Level::ok, running ? "a server is running and answers" : "no server is running; the store opens");
  check_store(findings, **channel);
  check_mounted_realms(findings, **channel, settings);
  if (!running) check_ports(findings, settings);
}

}  // namespace

Findings examine(const config::Settings& settings) {
  Findings findings;
  check_settings(findings, settings);
  check_dialects(findings, settings);
  check_files(findings, settings);
  check_time_service(findings);
  check_running(findings, settings);
  return findings;
}

bool any_failed(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.level == Level::fail; });
}

std::string findings_text(const Findings& findings) {
  std::string out;
  for (const auto& finding : findings) {
    out += fmt::format("{:<5} {}", kLevelNames[static_cast<std::size_t>(finding.level)], printable(finding.what));
    if (!finding.todo.empty()) out += "; " + printable(finding.todo);
    out += '\n';
  }
  return out;
}

std::string findings_json(const Findings& findings) {
  json::array items;
  for (const auto& finding : findings)
    items.push_back({{"level", kLevelNames[static_cast<std::size_t>(finding.level)]}, {"what", finding.what}, {"todo", finding.todo}});
  return json::serialize(items);
}

}  // namespace tessera::cli
