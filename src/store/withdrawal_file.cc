#include "store/withdrawal_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/file_owner.h"

namespace tessera::store {
namespace {

using base::system_error;

// By kind, from 1.
constexpr std::array<std::string_view, 14> kNames{"secret.deleted", "client.removed", "client.disabled",  "client.enabled", "user.removed",
                                                  "user.disabled",  "user.enabled",   "password.changed", "realm.disabled", "realm.enabled",
                                                  "key.removed",    "consent.ended",  "client.narrowed",  "token.withdrawn"};
static_assert(kNames.size() == static_cast<std::size_t>(Withdrawal::Kind::initial_access_token_withdrawn));
constexpr std::size_t kDigits = 16;
constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kIdBytes = 22;
constexpr std::size_t kLineBytes = kDigits + 1 + kNameBytes + 1 + kIdBytes + 1;

std::string format_line(const Withdrawal& withdrawal) {
  return fmt::format("{:0{}} {:<{}} {}\n", withdrawal.number, kDigits, withdrawal_name(withdrawal.kind), kNameBytes, withdrawal.id.str());
}

std::optional<Withdrawal::Kind> parse_kind(std::string_view padded) {
  const std::string_view name = padded.substr(0, padded.find(' '));
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Withdrawal::Kind>(i + 1);
  return std::nullopt;
}

std::optional<Withdrawal> parse_line(std::string_view line) {
  Withdrawal withdrawal;
  const std::string_view digits = line.substr(0, kDigits);
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), withdrawal.number);
  const auto kind = parse_kind(line.substr(kDigits + 1, kNameBytes));
  const auto id = Handle::parse(line.substr(kDigits + 1 + kNameBytes + 1, kIdBytes));
  if (code != std::errc{} || end != digits.data() + digits.size() || !kind || !id) return std::nullopt;
  withdrawal.kind = *kind;
  withdrawal.id = *id;
  // The one way to write it, so that nothing is read that was not written here.
  if (format_line(withdrawal) != line) return std::nullopt;
  return withdrawal;
}

off_t offset_of(std::int64_t number) { return static_cast<off_t>(number) * static_cast<off_t>(kLineBytes); }

}  // namespace

std::string_view withdrawal_name(Withdrawal::Kind kind) { return kNames[static_cast<std::size_t>(kind) - 1]; }

Result<std::unique_ptr<WithdrawalFile>> WithdrawalFile::open(const std::string& path) {
  Fd opened = open_present(path);
  if (!opened && errno != ENOENT) return fail(Reason::store_unavailable, system_error(path));
  std::unique_ptr<WithdrawalFile> file(new WithdrawalFile(path, std::move(opened)));
  if (!file->file_) return file;
  struct stat status{};
  if (::fstat(file->file_.get(), &status) != 0) return fail(Reason::store_unavailable, system_error(path));
  file->last_ = status.st_size / static_cast<off_t>(kLineBytes);
  while (file->last_ > 0 && file->is_torn(file->last_ - 1)) --file->last_;
  if (file->last_ > 0) file->newest_ = TRY(file->after(file->last_ - 1)).back();
  return file;
}

bool WithdrawalFile::is_torn(std::int64_t number) const {
  std::array<char, kLineBytes> line;
  const auto size = ::pread(file_.get(), line.data(), line.size(), offset_of(number));
  return size == static_cast<ssize_t>(line.size()) && std::ranges::find(line, '\0') != line.end();
}

Status WithdrawalFile::append(const std::vector<Withdrawal>& withdrawals) {
  if (withdrawals.empty()) return {};
  if (!file_) {
    file_ = open_private(path_);
    if (!file_) return fail(Reason::commit_unknown, "committed, but not noted in " + system_error(path_));
    TRY(sync_folder(path_));
  }
  std::string lines;
  for (const auto& withdrawal : withdrawals) lines += format_line(withdrawal);
  const auto written = ::pwrite(file_.get(), lines.data(), lines.size(), offset_of(last_));
  // Half of it may be there now: the next call writes over it.
  if (written != static_cast<ssize_t>(lines.size()) || ::fdatasync(file_.get()) != 0)
    return fail(Reason::commit_unknown, "committed, but not noted in " + system_error(path_));
  last_ += static_cast<std::int64_t>(withdrawals.size());
  newest_ = withdrawals.back();
  return {};
}

Result<std::vector<Withdrawal>> WithdrawalFile::after(std::int64_t number) const {
  std::vector<Withdrawal> withdrawals;
  withdrawals.reserve(static_cast<std::size_t>(std::max<std::int64_t>(last_ - number, 0)));
  std::array<char, 1'000 * kLineBytes> lines;
  while (number < last_) {
    const auto size = ::pread(file_.get(), lines.data(), lines.size(), offset_of(number));
    if (size < 0) return fail(Reason::store_unavailable, system_error(path_));
    if (size < static_cast<ssize_t>(kLineBytes)) return fail(Reason::store_corrupt, path_ + ": it has become shorter");
    for (std::size_t at = 0; at + kLineBytes <= static_cast<std::size_t>(size) && number < last_; at += kLineBytes) {
      const auto withdrawal = parse_line({lines.data() + at, kLineBytes});
      if (!withdrawal || withdrawal->number != number + 1)
        return fail(Reason::store_corrupt,
                    fmt::format("{}, line {}: not what Tessera wrote there; stop Tessera and put a copy back, or remove the file: a "
                                "database that was not restored has it all, and the next start writes it anew",
                                path_, number + 1));
      ++number;
      withdrawals.push_back(*withdrawal);
    }
  }
  return withdrawals;
}

}  // namespace tessera::store
