#include "cli/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <cerrno>
#include <cstring>

#include "cli/render.h"
#include "config/text_file.h"

namespace tessera::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kNamesShown = 8;

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(Reason::config_invalid, std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string names_of(const json::array& what) {
  std::string line;
  for (std::size_t i = 0; i < what.size() && i < kNamesShown; ++i) line += (i == 0 ? "" : ", ") + printable(what[i].as_string());
  if (what.size() > kNamesShown) line += fmt::format(", and {} more (--json names them)", what.size() - kNamesShown);
  return line;
}

std::string render_entries(std::string_view title, const json::array& entries) {
  if (entries.empty()) return fmt::format("{}: nothing\n", title);
  std::string out = fmt::format("{}:\n", title);
  for (const auto& entry : entries)
    out += fmt::format("  {}\n    {}\n", printable(entry.at("why").as_string()), names_of(entry.at("what").as_array()));
  return out;
}

std::string render_carried(const json::object& carried) {
  std::string out;
  for (const auto& [kind, count] : carried)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count.as_int64(), std::string_view(kind));
  return fmt::format("carried: {}\n", out.empty() ? "nothing" : out);
}

}  // namespace

Result<admin::KeycloakImport> read_keycloak_file(const std::string& file, const std::string& realm_name) {
  const Secret text(TRY(config::read_text_file(file, admin::kKeycloakBytesMax, config::Pipes::read)));
  return admin::read_keycloak_realm(text.reveal(), file, realm_name);
}

json::object make_import_request(const admin::KeycloakImport& import, bool dry_run) {
  json::array files;
  for (auto& text : import.files()) files.push_back({{"name", "the realm file of the import"}, {"text", std::move(text)}});
  json::array passwords;
  for (const auto& password : import.passwords) passwords.push_back({{"user", password.username}, {"record", password.record.reveal()}});
  json::array secrets;
  for (const auto& secret : import.secrets) secrets.push_back({{"client", secret.client_id}, {"secret", secret.text.reveal()}});
  return {
      {"command", "import"},
      {"args", {{"files", std::move(files)}, {"passwords", std::move(passwords)}, {"secrets", std::move(secrets)}, {"dry_run", dry_run}}}};
}

Status write_private_file(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Reason::config_invalid, fmt::format("{}: can't be written ({}); check the path", path, std::strerror(errno)));
  const auto written = write_all(fd, text);
  if (::close(fd) != 0 || !written)
    return fail(Reason::config_invalid,
                fmt::format("{}: can't be written ({})", path, written ? std::strerror(errno) : written.error().context));
  return {};
}

std::string render_import(const json::value& result, bool color) {
  std::string out = render_plan(result, color);
  for (const char* kind : {"passwords", "secrets"})
    if (const auto kept = result.at("kept").at(kind).as_int64(); kept > 0)
      out += fmt::format("kept: {} {} that stood here already\n", kept, kind);
  const auto& report = result.at("report");
  return out + "\n" + render_carried(report.at("carried").as_object()) + render_entries("changed", report.at("changed").as_array()) +
         render_entries("refused", report.at("refused").as_array());
}

}  // namespace tessera::cli
