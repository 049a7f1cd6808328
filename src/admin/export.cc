// A realm, written down as a file that would make it.
#include <fmt/format.h>

#include "admin/operations.h"
#include "admin/realm_text.h"
#include "store/each.h"

namespace tessera::admin {
namespace {

/// As much as a realm file may have.
constexpr std::size_t kBytesMax = 16UL * 1024 * 1024;

constexpr std::string_view kHead =
    R"(# Realm {}, as `tessera export` found it. It holds no secrets and no passwords: those stay with the database.
# {}
)";
constexpr std::string_view kWhole = "`tessera apply` of this file to the same database changes nothing.";
constexpr std::string_view kWithoutUsers = "Its users are not in it (--with-users): never apply it with --prune, which would remove them.";

Status require_room(const std::string& text, std::string_view realm) {
  if (text.size() <= kBytesMax) return {};
  return fail(Reason::config_invalid,
              fmt::format("realm {} is larger than a realm file may be (16 MiB); export it without its users", realm));
}

}  // namespace

Result<std::string> Operations::export_realm(std::string_view realm_name, bool with_users) {
  const auto realm = TRY(find_realm(realm_name));
  std::string text = fmt::format(kHead, realm.name, with_users ? kWhole : kWithoutUsers) + text_of(realm);
  const auto add = [&](const auto& row) {
    text += text_of(row);
    return require_room(text, realm.name);
  };
  TRY(store::for_each_client(services_.config, realm.id, add));
  if (with_users) TRY(store::for_each_user(services_.config, realm.id, add));
  return text;
}

}  // namespace tessera::admin
