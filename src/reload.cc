#include "reload.h"

#include <algorithm>

namespace tessera {
namespace {

bool same_place(const config::Listener& a, const config::Listener& b) { return a.address == b.address && a.port == b.port; }

bool same_listeners(const config::Settings& running, const config::Settings& wanted) {
  const auto same = [](const config::Listener& a, const config::Listener& b) {
    return same_place(a, b) && a.tls_certificate.empty() == b.tls_certificate.empty();  // which certificate it is may change
  };
  return std::is_permutation(running.listeners.begin(), running.listeners.end(), wanted.listeners.begin(), wanted.listeners.end(), same);
}

}  // namespace

std::vector<std::string_view> settings_that_need_restart(const config::Settings& running, const config::Settings& wanted) {
  using config::Settings;
  std::vector<std::string_view> changed;
  const auto compare = [&](std::string_view name, auto... members) {
    if (((running.*members != wanted.*members) || ...)) changed.push_back(name);
  };
  compare("data_dir", &Settings::data_dir);
  compare("store_url", &Settings::store_url);
  compare("base_url", &Settings::base_url);
  compare("threads", &Settings::threads);
  compare("pool_threads", &Settings::pool_threads);
  compare("master_key_file", &Settings::master_key_file);
  if (!same_listeners(running, wanted)) changed.emplace_back("listen");
  compare("metrics", &Settings::metrics_address, &Settings::metrics_port);
  compare("audit.file", &Settings::audit_file);
  compare("outbound", &Settings::outbound_allow, &Settings::outbound_ca_file);
  compare("password", &Settings::password_passes, &Settings::password_memory_kib, &Settings::hash_memory_bytes);
  return changed;
}

std::vector<http::TlsFiles> certificates_for(const config::Settings& running, const config::Settings& wanted) {
  std::vector<http::TlsFiles> files;
  for (const config::Listener& listener : running.listeners) {
    const auto place = std::find_if(wanted.listeners.begin(), wanted.listeners.end(),
                                    [&](const config::Listener& other) { return same_place(listener, other); });
    files.push_back(place == wanted.listeners.end() ? http::TlsFiles{} : http::TlsFiles{place->tls_certificate, place->tls_key});
  }
  return files;
}

}  // namespace tessera
