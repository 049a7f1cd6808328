// The server's configuration, from one TOML file. An unknown key is an error with file, line and the nearest known key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/nearest_key.h"

namespace tessera::config {

/// One dialect at one place. `realm` "" when the path carries {realm}.
struct Mount {
  std::string dialect;  ///< name of a built-in dialect, or of a file in dialect_dirs
  std::string realm;
  std::string base;        ///< path prefix, "" for the root
  std::string where = {};  ///< "FILE:LINE", for messages
};

struct Listener {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string tls_certificate;  ///< PEM chain; "" for plain HTTP
  std::string tls_key;
  std::string where;  ///< "FILE:LINE", for messages; "" for the default
};

struct Settings {
  std::string file;              ///< where it was read from
  std::string data_dir = "var";  ///< relative paths are relative to the file's folder
  std::string store_url;         ///< "" for SQLite in data_dir; "postgresql://..."
  std::string base_url;          ///< issuers and links are made from it; when it is not set, where the first listener is reached
  bool base_url_is_set = false;
  std::vector<Listener> listeners;
  bool allow_plain_http = false;  ///< plain HTTP beyond loopback; warned at start
  int threads = 0;                ///< io threads; 0: one a core
  int pool_threads = 0;           ///< workers; 0: a default
  std::size_t hash_memory_bytes = 268'435'456;
  std::string master_key_file;               ///< "" for data_dir/master.key; TESSERA_MASTER_KEY overrides
  std::vector<std::string> trusted_proxies;  ///< addresses or CIDR whose X-Forwarded-* and X-Original-URI count
  std::vector<Mount> mounts;                 ///< besides oauth2 at /realms/{realm}/oauth2, which every realm has
  std::vector<std::string> dialect_dirs;
  std::string log_level = "info";
  std::string log_format = "json";
  std::string metrics_address = "127.0.0.1";
  std::uint16_t metrics_port = 9464;  ///< 0: off
  std::string audit_file;             ///< "" for data_dir/audit.jsonl
  int audit_keep_days = 400;          ///< how long changes stay on record in the database; 0: for ever
  int throttle_address_per_minute = 6'000;
  int throttle_client_per_minute = 60'000;
  int throttle_failures_before_backoff = 5;
  int throttle_backoff_max_s = 900;
  std::vector<std::string>
      outbound_allow;            ///< addresses or CIDR blocks that are not public, and that requests of ours may go to all the same
  std::string outbound_ca_file;  ///< PEM: an authority that is trusted besides the system's
  int password_passes = 2;
  std::int64_t password_memory_kib = 19'456;
};

/// Reads and checks a file. Errors: config_invalid, the context being "FILE:LINE: what is wrong; what to write".
Result<Settings> load_settings(const std::string& path);
Result<Settings> parse_settings(std::string_view toml, const std::string& path);

}  // namespace tessera::config
