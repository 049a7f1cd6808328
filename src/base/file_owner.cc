#include "base/file_owner.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace tessera::base {

std::string user_name(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4'096> names;
  if (::getpwuid_r(user, &entry, names.data(), names.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(user);
}

std::optional<uid_t> owner_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status.st_uid) : std::nullopt;
}

bool give_to(int file, uid_t user) {
  struct stat status{};
  if (::geteuid() != 0 || user == 0) return true;
  if (::fstat(file, &status) != 0) return false;
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != 0) return true;
  return ::fchown(file, user, static_cast<gid_t>(-1)) == 0;
}

std::string system_error(const std::string& path) {
  const int code = errno;
  const std::string what = path + ": " + std::strerror(code);
  if (code == ELOOP) return what + "; it has to be a file, not a link";
  if (code != EACCES && code != EPERM) return what;
  const auto folder = std::filesystem::path(path).parent_path().string();
  const auto owner = owner_of(folder.empty() ? "." : folder);
  if (owner && *owner != ::geteuid()) return what + "; run it as " + user_name(*owner) + ", who owns " + folder;
  return what + "; chown it to " + user_name(::geteuid());
}

}  // namespace tessera::base
