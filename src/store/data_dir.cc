#include "store/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/file_owner.h"

namespace tessera::store {
namespace {

using base::system_error;

constexpr std::size_t kDigits = 16;

/// The fields of the file, in their order.
template <class Mark, class Visitor>
void visit(Mark& mark, const Visitor& field) {
  field("tessera epoch ", mark.epoch);
  field(" journal ", mark.journal_sum);
  field(" withdrawals ", mark.withdrawals);
  field(" stamp ", mark.stamps.present);
  field(" next ", mark.stamps.next);
  field(" log ", mark.stamps.has_log);
  field(" restoring ", mark.restoring);
  field(" landmark ", mark.landmark);
  field(" database ", mark.database_id);
}

/// Of fixed width and within one sector: rewriting it in place needs no new block, so a full disk can't stop it.
std::string format_mark(const EpochMark& mark) {
  std::string text;
  visit(mark,
        [&](std::string_view label, auto value) { text += fmt::format("{}{:0{}}", label, static_cast<std::int64_t>(value), kDigits); });
  return text + '\n';
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != kDigits || code != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<EpochMark> parse_mark(std::string_view text) {
  EpochMark mark;
  bool readable = true;
  visit(mark, [&]<class Value>(std::string_view label, Value& value) {
    const auto number = text.starts_with(label) ? parse_digits(text.substr(label.size(), kDigits)) : std::nullopt;
    readable = readable && number;
    if (!readable) return;
    value = static_cast<Value>(*number);
    text.remove_prefix(label.size() + kDigits);
  });
  if (!readable || text != "\n" || mark.restoring > Restoring::went_back) return std::nullopt;
  return mark;
}

/// `mark`, moved up to `other` where that is higher.
EpochMark raised(const EpochMark& mark, const EpochMark& other) {
  EpochMark result = mark;
  if (mark.epoch != other.epoch) {
    const EpochMark& later = mark.epoch < other.epoch ? other : mark;
    result.epoch = later.epoch;
    result.journal_sum = later.journal_sum;
    result.landmark = later.landmark;
  } else {
    result.journal_sum = std::max(mark.journal_sum, other.journal_sum);
    result.landmark = std::max(mark.landmark, other.landmark);
  }
  result.withdrawals = std::max(mark.withdrawals, other.withdrawals);
  return result;
}

bool write_mark(int fd, const EpochMark& mark) {
  const auto text = format_mark(mark);
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
}

}  // namespace

Status sync_folder(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const Fd folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail(Reason::store_unavailable, system_error(parent));
  return {};
}

// None of these follows a link: the server's user owns the folder, and root must not be led out of it.
Fd open_present(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  const auto owner = base::owner_of(std::filesystem::path(path).parent_path());
  if (file && owner && !base::give_to(file.get(), *owner)) return Fd();
  return file;
}

Fd open_private(const std::string& path) {
  Fd file = open_present(path);
  if (file || errno != ENOENT) return file;
  const Fd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return made || errno == EEXIST ? open_present(path) : Fd();
}

Result<Fd> lock_file(const std::string& path) {
  Fd file = open_private(path);
  if (!file) return fail(Reason::store_unavailable, system_error(path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK)
    return fail(
        Reason::store_unavailable,
        path + ": another Tessera has it open, a server or a command; stop that one, or give the command the server's own --config");
  return fail(Reason::store_unavailable, system_error(path));
}

Result<std::unique_ptr<EpochFile>> EpochFile::open(const std::string& path) {
  std::unique_ptr<EpochFile> epoch(new EpochFile(path));
  epoch->file_ = open_present(path);
  if (!epoch->file_ && errno != ENOENT) return fail(Reason::store_unavailable, system_error(path));
  std::string text(512, '\0');
  const auto size = !epoch->file_ ? 0 : ::pread(epoch->file_.get(), text.data(), text.size(), 0);
  if (size < 0) return fail(Reason::store_unavailable, system_error(path));
  text.resize(static_cast<std::size_t>(size));
  const auto mark = parse_mark(text);
  epoch->is_lost_ = !mark;
  epoch->is_broken_ = !mark && size > 0;
  epoch->mark_ = epoch->wanted_ = mark.value_or(EpochMark{});
  return epoch;
}

/// Before the first mark: whatever stood there goes.
bool EpochFile::make() {
  if (!file_) file_ = open_private(path_);
  return file_ && ::ftruncate(file_.get(), 0) == 0 && sync_folder(path_);
}

EpochMark EpochFile::mark() const {
  const std::lock_guard lock(mutex_);
  return mark_;
}

Status EpochFile::raise(const EpochMark& mark) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = raised(wanted_, mark);
  }
  const std::lock_guard writing(writing_);
  const EpochMark held = this->mark();
  if (raised(held, mark) == held) return {};
  if (!write([](EpochMark&) {})) return fail(Reason::commit_unknown, "committed, but not noted in " + system_error(path_));
  return {};
}

Status EpochFile::change(const std::function<void(EpochMark&)>& change) {
  const std::lock_guard writing(writing_);
  if (!write(change)) return fail(Reason::store_unavailable, system_error(path_));
  return {};
}

bool EpochFile::write(const std::function<void(EpochMark&)>& change) {
  EpochMark target;
  {
    const std::lock_guard lock(mutex_);
    target = wanted_;
  }
  change(target);
  if (target == mark() && file_) return true;
  if (mark() == EpochMark{} && !make()) return false;
  if (!write_mark(file_.get(), target)) return false;
  const std::lock_guard lock(mutex_);
  mark_ = target;
  change(wanted_);  // it may have risen since
  return true;
}

}  // namespace tessera::store
