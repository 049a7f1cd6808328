#include "sessions/password_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <span>
#include <vector>

#include "sessions/base64.h"
#include "sessions/scheme.h"

namespace tessera::sessions {
namespace {

constexpr std::size_t kRecordBytesMax = 255;
constexpr Range kSaltBytes{8, 64};
constexpr Range kHashBytes{16, 64};
constexpr std::size_t kDummySaltBytes = 16;
constexpr std::size_t kUsualHashBytes = 32;  // libsodium's, and Keycloak's for argon2id

std::span<const Scheme> schemes() {
  static const Scheme kSchemes[] = {
#define TESSERA_PASSWORD_SCHEME(name) scheme_##name(),
#include "sessions/schemes.def"
#undef TESSERA_PASSWORD_SCHEME
  };
  return kSchemes;
}

const Scheme* find_scheme(std::string_view name) {
  for (const auto& scheme : schemes())
    if (scheme.name == name) return &scheme;
  return nullptr;
}

std::string scheme_names() {
  std::vector<std::string_view> names;
  for (const auto& scheme : schemes()) names.push_back(scheme.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::unexpected<Error> refuse(std::string context) { return fail(Reason::config_invalid, std::move(context)); }

Result<std::string> decode(std::string_view text, std::string_view what, Range size_bytes) {
  auto bytes = base64_decode(text);
  if (!bytes) return refuse(fmt::format("the record's {} is no base64 without padding", what));
  TRY(require_within(fmt::format("{} in bytes", what), bytes->size(), size_bytes));
  return *std::move(bytes);
}

/// The parts of a cost, "$NAME$PARAMETERS$".
struct CostParts {
  std::string_view name;
  std::string_view parameters;
};
std::optional<CostParts> split(std::string_view cost) {
  if (!cost.starts_with('$')) return std::nullopt;
  const auto name_end = cost.find('$', 1);
  if (name_end == std::string_view::npos || name_end + 1 >= cost.size()) return std::nullopt;
  return CostParts{cost.substr(1, name_end - 1), cost.substr(name_end + 1, cost.size() - name_end - 2)};
}

}  // namespace

std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  const std::string_view digits = text.substr(name.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || (digits.starts_with('0') && end != digits.data() + 1)) return std::nullopt;
  text = digits.substr(static_cast<std::size_t>(end - digits.data()));
  return value;
}

Status require_within(std::string_view what, std::uint64_t value, Range range) {
  if (value >= range.min && value <= range.max) return {};
  return refuse(fmt::format("the record's {} must be {} to {}, not {}", what, range.min, range.max, value));
}

std::unexpected<Error> misspelled(std::string_view form) { return refuse(fmt::format("the record's parameters must be spelled {}", form)); }

Result<PasswordRecord> read_record(std::string_view text, RecordOrigin origin) {
  const auto hash_at = text.size() > kRecordBytesMax ? std::string_view::npos : text.rfind('$');
  const auto salt_at = hash_at == std::string_view::npos || hash_at == 0 ? std::string_view::npos : text.rfind('$', hash_at - 1);
  const std::string_view cost = salt_at == std::string_view::npos ? std::string_view() : text.substr(0, salt_at + 1);
  const auto parts = split(cost);
  if (!parts) return refuse("a record is $SCHEME$PARAMETERS$SALT$HASH, for example $pbkdf2-sha256$i=27500,l=32$SALT$HASH");
  const Scheme* const scheme = find_scheme(parts->name);
  if (scheme == nullptr) return refuse(fmt::format("the record's scheme must be one of {}", scheme_names()));
  const SchemeCost said = TRY(scheme->read(parts->parameters, origin));
  PasswordRecord record{.scheme = scheme, .text = text, .cost = cost, .parameters = parts->parameters};
  record.salt = TRY(decode(text.substr(salt_at + 1, hash_at - salt_at - 1), "salt", kSaltBytes));
  record.hash = TRY(decode(text.substr(hash_at + 1), "hash", kHashBytes));
  if (said.hash_bytes != 0 && record.hash.size() != said.hash_bytes)
    return refuse(fmt::format("the record's hash has {} bytes, and its parameters say {}", record.hash.size(), said.hash_bytes));
  return record;
}

std::string_view cost_of(std::string_view record) {
  const auto read = read_record(record, RecordOrigin::ours);
  return read ? read->cost : std::string_view();
}

std::string spell_record(std::string_view cost, std::string_view salt, std::string_view hash) {
  return fmt::format("{}{}${}", cost, base64_encode(salt), base64_encode(hash));
}

std::string dummy_record(std::string_view cost, std::string_view random) {
  const auto parts = split(cost);
  const Scheme* const scheme = parts ? find_scheme(parts->name) : nullptr;
  const auto said = scheme != nullptr ? scheme->read(parts->parameters, RecordOrigin::ours) : SchemeCost{};
  const std::size_t hash_bytes = said && said->hash_bytes != 0 ? said->hash_bytes : kUsualHashBytes;
  return spell_record(cost, random.substr(0, kDummySaltBytes), random.substr(kDummySaltBytes, hash_bytes));
}

bool record_matches(std::string_view record, std::string_view password) {
  const auto read = read_record(record, RecordOrigin::ours);
  return read && read->scheme->matches(*read, password);
}

}  // namespace tessera::sessions
