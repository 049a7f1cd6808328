#include "flow/interactions.h"

#include <sodium/crypto_aead_xchacha20poly1305.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/base64url.h"
#include "base/random.h"
#include "jose/json.h"

namespace tessera::flow {
namespace {

namespace json = boost::json;

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSealedBytesMax = 32'768;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string to_text(const Interaction& interaction) {
  json::array parameters;
  for (const auto& [name, value] : interaction.parameters) parameters.push_back(json::array{name, value});
  return json::serialize(
      json::array{static_cast<int>(interaction.stage), interaction.subject.str(), interaction.shown_at_s, parameters, interaction.premise});
}

/// Sealed by us, but perhaps by an earlier version of us.
Result<Interaction> from_text(std::string_view text) {
  const auto parsed = TRY(jose::parse_json(text));
  const auto* const fields = parsed.if_array();
  if (fields == nullptr || fields->size() != 5) return fail(Reason::interaction_invalid, "sealed by another version");
  Interaction interaction{.stage = static_cast<Interaction::Stage>((*fields)[0].get_int64()),
                          .subject = Handle::parse((*fields)[1].get_string()).value_or(Handle{}),
                          .parameters = {},
                          .shown_at_s = (*fields)[2].get_int64(),
                          .premise = std::string((*fields)[4].get_string())};
  for (const auto& parameter : (*fields)[3].get_array())
    interaction.parameters.emplace_back(parameter.get_array()[0].get_string(), parameter.get_array()[1].get_string());
  return interaction;
}

}  // namespace

std::string Interactions::seal(const Interaction& interaction, std::string_view bound_to) const {
  const std::string text = to_text(interaction);
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  base::random_bytes({bytes_of(sealed), kNonceBytes});
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, nullptr, bytes_of(text), text.size(), bytes_of(bound_to),
                                             bound_to.size(), nullptr, bytes_of(sealed), bytes_of(key_.reveal()));
  return base::base64url_encode(sealed);
}

Result<Interaction> Interactions::open(std::string_view sealed, std::string_view bound_to) const {
  if (sealed.size() > kSealedBytesMax) return fail(Reason::interaction_invalid);
  const auto bytes = base::base64url_decode(sealed);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return fail(Reason::interaction_invalid);
  std::string text(bytes->size() - kNonceBytes - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(text), nullptr, nullptr, bytes_of(*bytes) + kNonceBytes,
                                                 bytes->size() - kNonceBytes, bytes_of(bound_to), bound_to.size(), bytes_of(*bytes),
                                                 bytes_of(key_.reveal())) != 0)
    return fail(Reason::interaction_invalid, "sealed elsewhere, or for another browser");
  return from_text(text);
}

model::Parameters parameters_of(const Interaction& interaction) {
  model::Parameters parameters;
  for (const auto& [name, value] : interaction.parameters) parameters.add(name, Secret(value));
  return parameters;
}

Status require_fresh(const Interaction& interaction, TimePoint now) {
  const std::int64_t age_s = base::to_s(now) - interaction.shown_at_s;
  return age_s >= 0 && age_s <= kInteractionTtlS ? Status{} : fail(Reason::interaction_expired);
}

}  // namespace tessera::flow
