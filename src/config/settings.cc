#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/address.h"
#include "config/text_file.h"
#include "config/toml_reader.h"

namespace tessera::config {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr int kKeepDaysMax = 36'500;
constexpr int kThreadsMax = 1'024;
constexpr int kPerMinuteMax = 100'000'000;

/// Paths in the file are relative to the file's folder, wherever the server is started from.
void resolve(std::string& path, const std::string& file) {
  if (path.empty()) return;
  const std::filesystem::path given(path);
  if (given.is_relative()) path = (std::filesystem::path(file).parent_path() / given).lexically_normal().string();
}

/// The host of "http://host:port/path", brackets kept; "" when there is none.
std::string_view host_of(std::string_view url) {
  const auto start = url.find("://");
  if (start == url.npos) return {};
  std::string_view rest = url.substr(start + 3);
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with('[')) return rest.substr(0, rest.find(']') + 1);
  return rest.substr(0, rest.find(':'));
}

void read_base_url(TomlTable& root, Settings& settings) {
  settings.base_url_is_set = root.read("base_url", settings.base_url);
  if (!settings.base_url_is_set) return;
  const std::string& url = settings.base_url;
  const bool https = url.starts_with("https://");
  const bool shaped =
      (https || url.starts_with("http://")) && !host_of(url).empty() && !url.ends_with('/') && url.find_first_of("?#@ \"<>\\") == url.npos;
  if (!shaped)
    root.problem("base_url",
                 "must be http(s)://host, with port and path where needed and no slash at its end, such as \"https://auth.example.com\"");
  else if (!https && !is_loopback(host_of(url)) && !settings.allow_plain_http)
    root.problem("base_url", "would put plain http:// into issuers; write https://, or set allow_plain_http = true");
}

/// Where a listener is reached: from this machine alone, when it listens at every address.
std::string url_of(const Listener& listener) {
  const bool tls = !listener.tls_certificate.empty();
  const bool v6 = listener.address.find(':') != std::string::npos;
  std::string host = listener.address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  const std::string port = listener.port == (tls ? 443 : 80) ? "" : fmt::format(":{}", listener.port);
  return fmt::format("{}://{}{}{}{}", tls ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

void read_address(TomlTable& table, std::string& address) {
  if (table.read("address", address) && !is_address(address))
    table.problem("address", fmt::format("can't be \"{}\"; write an IPv4 or IPv6 address, such as \"127.0.0.1\"", address));
}

void read_trusted_proxies(TomlTable& root, Settings& settings) {
  root.read("trusted_proxies", settings.trusted_proxies);
  for (const auto& proxy : settings.trusted_proxies)
    if (!is_address_block(proxy))
      root.problem("trusted_proxies",
                   fmt::format("holds \"{}\"; write addresses, such as \"10.0.0.1\", and CIDR blocks, such as \"10.1.0.0/16\"", proxy));
}

void read_listeners(TomlTable& root, Settings& settings) {
  std::set<std::pair<std::string, std::uint16_t>> places;
  for (TomlTable& table : root.tables("listen")) {
    Listener listener{.where = table.where()};
    read_address(table, listener.address);
    table.read("port", listener.port);
    table.read("tls_certificate", listener.tls_certificate);
    table.read("tls_key", listener.tls_key);
    resolve(listener.tls_certificate, settings.file);
    resolve(listener.tls_key, settings.file);
    if (listener.port == 0) table.problem("port", "must be from 1 to 65535");
    if (listener.tls_certificate.empty() != listener.tls_key.empty())
      table.problem("", "tls_certificate and tls_key go together; write both, or neither for plain HTTP");
    if (listener.tls_certificate.empty() && !is_loopback(listener.address) && !settings.allow_plain_http)
      table.problem(
          "",
          fmt::format("plain HTTP on {} can be read on the way; add tls_certificate and tls_key, listen on 127.0.0.1 behind a TLS proxy, "
                      "or set allow_plain_http = true",
                      listener.address));
    if (!places.emplace(listener.address, listener.port).second)
      table.problem("", fmt::format("{}:{} is listened on twice; remove one", listener.address, listener.port));
    settings.listeners.push_back(std::move(listener));
  }
  if (settings.listeners.empty()) settings.listeners.emplace_back();
  if (!settings.base_url_is_set) settings.base_url = url_of(settings.listeners.front());
}

void read_mounts(TomlTable& root, Settings& settings) {
  for (TomlTable& table : root.tables("mount")) {
    Mount mount{.where = table.where()};
    table.require("dialect", mount.dialect);
    table.read("realm", mount.realm);
    table.read("base", mount.base);
    if (!mount.base.empty() && (!mount.base.starts_with('/') || mount.base.ends_with('/') || mount.base.find("//") != std::string::npos))
      table.problem("base", "must start with a slash and not end with one, such as \"/bank\"; leave it out for the root");
    const auto same = [&](const Mount& other) {
      return other.dialect == mount.dialect && other.realm == mount.realm && other.base == mount.base;
    };
    if (std::any_of(settings.mounts.begin(), settings.mounts.end(), same))
      table.problem("", "the same mount stands here twice; remove one");
    settings.mounts.push_back(std::move(mount));
  }
}

void read_outbound(TomlTable& root, Settings& settings) {
  auto outbound = root.table("outbound");
  if (!outbound) return;
  outbound->read("allow", settings.outbound_allow);
  for (const auto& block : settings.outbound_allow)
    if (!is_address_block(block))
      outbound->problem(
          "allow", fmt::format("holds \"{}\"; write addresses, such as \"10.0.0.1\", and CIDR blocks, such as \"10.1.0.0/16\"", block));
  outbound->read("ca_file", settings.outbound_ca_file);
}

void read_tables(TomlTable& root, Settings& settings) {
  read_outbound(root, settings);
  if (auto log = root.table("log")) {
    log->read_choice("level", settings.log_level, {"debug", "info", "warning", "error"});
    log->read_choice("format", settings.log_format, {"json", "text"});
  }
  if (auto metrics = root.table("metrics")) {
    read_address(*metrics, settings.metrics_address);
    metrics->read("port", settings.metrics_port);
  }
  if (auto audit = root.table("audit")) {
    audit->read("file", settings.audit_file);
    audit->read("keep_days", settings.audit_keep_days, 0, kKeepDaysMax);
  }
  if (auto throttle = root.table("throttle")) {
    throttle->read("address_per_minute", settings.throttle_address_per_minute, 1, kPerMinuteMax);
    throttle->read("client_per_minute", settings.throttle_client_per_minute, 1, kPerMinuteMax);
    throttle->read("failures_before_backoff", settings.throttle_failures_before_backoff, 1, 1'000);
    std::int64_t backoff_max_s = settings.throttle_backoff_max_s;
    throttle->read_duration("backoff_max", backoff_max_s, 1, kDayS);
    settings.throttle_backoff_max_s = static_cast<int>(backoff_max_s);
  }
  if (auto password = root.table("password")) {
    password->read("passes", settings.password_passes, 1, 64);
    password->read("memory_kib", settings.password_memory_kib, std::int64_t{7'168}, std::int64_t{1'048'576});
    std::int64_t hash_memory_mib = static_cast<std::int64_t>(settings.hash_memory_bytes >> 20);
    password->read("hash_memory_mib", hash_memory_mib, std::int64_t{16}, std::int64_t{65'536});
    settings.hash_memory_bytes = static_cast<std::size_t>(hash_memory_mib) << 20;
    if (settings.password_memory_kib > hash_memory_mib * 1'024)
      password->problem("", "hash_memory_mib must hold at least one hash of memory_kib; raise it");
  }
}

void read_root(TomlTable& root, Settings& settings) {
  root.read("data_dir", settings.data_dir);
  root.read("store_url", settings.store_url);
  if (!settings.store_url.empty() && !settings.store_url.starts_with("postgresql://") && !settings.store_url.starts_with("postgres://"))
    root.problem("store_url", "must start with postgresql://; leave it out for SQLite in data_dir");
  root.read("allow_plain_http", settings.allow_plain_http);
  root.read("threads", settings.threads, 0, kThreadsMax);
  root.read("pool_threads", settings.pool_threads, 0, kThreadsMax);
  root.read("master_key_file", settings.master_key_file);
  read_trusted_proxies(root, settings);
  root.read("dialect_dirs", settings.dialect_dirs);
  read_base_url(root, settings);
  read_listeners(root, settings);
  read_mounts(root, settings);
  read_tables(root, settings);
  resolve(settings.data_dir, settings.file);
  resolve(settings.master_key_file, settings.file);
  resolve(settings.audit_file, settings.file);
  resolve(settings.outbound_ca_file, settings.file);
  for (std::string& dir : settings.dialect_dirs) resolve(dir, settings.file);
}

}  // namespace

Result<Settings> parse_settings(std::string_view toml, const std::string& path) {
  auto document = TRY(TomlDocument::parse(toml, path));
  Settings settings;
  settings.file = path;
  TomlTable root = document.root();
  read_root(root, settings);
  TRY(document.status());
  return settings;
}

Result<Settings> load_settings(const std::string& path) { return parse_settings(TRY(read_text_file(path)), path); }

}  // namespace tessera::config
