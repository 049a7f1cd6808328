#include "verifier/verifier.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <vector>

#include "jose/jwt.h"

namespace tessera::verifier {
namespace {

/// A token whose signature was verified, and the key that did it.
struct Verified {
  std::string text;
  std::array<std::uint8_t, 32> key_fingerprint;
  std::shared_ptr<const model::AccessToken> token;
};

}  // namespace

/// Slots in sets of four; a full set gives up one in turn. Its size never changes, whatever is shown to it.
class Verifier::Cache {
 public:
  explicit Cache(std::size_t capacity) {
    const std::size_t sets_per_shard = std::bit_ceil(std::max<std::size_t>(capacity / (kShards * kWays), 1));
    for (Shard& shard : shards_) shard.sets.resize(sets_per_shard);
  }

  std::shared_ptr<const Verified> find(std::string_view text) {
    const std::size_t hash = hash_of(text);
    Shard& shard = shard_of(hash);
    std::shared_ptr<const Verified> found;
    {
      const std::lock_guard lock(shard.mutex);
      for (const Slot& slot : set_of(shard, hash).slots)
        if (slot.hash == hash && slot.verified) found = slot.verified;
    }
    return found && found->text == text ? found : nullptr;
  }

  void insert(std::shared_ptr<const Verified> verified) {
    const std::size_t hash = hash_of(verified->text);
    Shard& shard = shard_of(hash);
    const std::lock_guard lock(shard.mutex);
    Set& set = set_of(shard, hash);
    const auto same = std::find_if(set.slots.begin(), set.slots.end(), [&](const Slot& slot) { return slot.hash == hash; });
    Slot& slot = same != set.slots.end() ? *same : set.slots[set.next++ % kWays];
    // The entry that leaves is freed after the lock.
    std::swap(slot.verified, verified);
    slot.hash = hash;
  }

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kTailBytes = 64;

  struct Slot {
    std::size_t hash = 0;
    std::shared_ptr<const Verified> verified;
  };
  struct Set {
    std::array<Slot, kWays> slots;
    std::size_t next = 0;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::vector<Set> sets;
  };

  /// The end of a token is its signature, which nobody can choose: it tells tokens apart as well as the whole, and what is found is
  /// compared whole.
  static std::size_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text.substr(text.size() - std::min(text.size(), kTailBytes)));
  }
  Shard& shard_of(std::size_t hash) { return shards_[hash % kShards]; }
  static Set& set_of(Shard& shard, std::size_t hash) { return shard.sets[hash / kShards & (shard.sets.size() - 1)]; }

  std::array<Shard, kShards> shards_;
};

namespace {

Result<std::shared_ptr<const Verified>> verify_signature(std::string_view text, const Trust& trust) {
  const jose::ParsedJwt jwt = TRY(jose::parse_jwt(text));
  const jose::VerifyKey* const key = trust.key(jwt.kid);
  if (!key) return fail(Reason::token_key_unknown);
  // The key says which algorithm; the header only has to agree (RFC 8725, 3.1).
  if (jwt.alg != jose::alg_name(key->alg())) return fail(Reason::token_signature_wrong, "the header's alg is not the key's");
  if (!key->verify(jwt.signing_input, jwt.signature)) return fail(Reason::token_signature_wrong);
  model::AccessToken token = TRY(read_access_claims(jwt.payload, jwt.typ));
  token.kid = jwt.kid;
  return std::make_shared<const Verified>(
      Verified{std::string(text), key->fingerprint(), std::make_shared<const model::AccessToken>(std::move(token))});
}

/// Whether the realm still holds the key that verified the token. One that came under the same kid is another key.
bool key_holds(const Verified& verified, const Trust& trust) {
  const jose::VerifyKey* const key = trust.key(verified.token->kid);
  return key && key->fingerprint() == verified.key_fingerprint;
}

Status check_time(const model::AccessToken& token, TimePoint now) {
  const std::int64_t now_s = base::to_s(now);
  if (token.expires_at_s <= now_s) return fail(Reason::token_expired);
  // `iat`, too: while a clock that was set back runs its hours again, what had expired in them must not be valid again.
  if (std::max(token.not_before_s, token.issued_at_s) > now_s + base::kClockLeewayS) return fail(Reason::token_not_yet_valid);
  return {};
}

}  // namespace

Verifier::Verifier(std::size_t cache_capacity) : cache_(std::make_unique<Cache>(cache_capacity)) {}
Verifier::~Verifier() = default;

Result<std::shared_ptr<const model::AccessToken>> Verifier::verify(std::string_view text, const Trust& trust, std::optional<TimePoint> now,
                                                                   std::string_view audience) const {
  std::shared_ptr<const Verified> verified = cache_->find(text);
  const bool cached = verified && key_holds(*verified, trust);
  if (!cached) verified = TRY(verify_signature(text, trust));

  const model::AccessToken& token = *verified->token;
  if (token.issuer != trust.issuer) return fail(Reason::token_issuer_wrong);
  if (now) TRY(check_time(token, *now));
  if (!cached) cache_->insert(verified);
  if (!audience.empty() && std::find(token.audience.begin(), token.audience.end(), audience) == token.audience.end())
    return fail(Reason::token_audience_wrong);
  if (!trust.revocations) return fail(Reason::token_rev_ahead, "no journal to judge by");
  TRY(trust.revocations->check(token.jti, token.kid, token.lineage, token.rev, token.issued_at_s));
  return verified->token;
}

}  // namespace tessera::verifier
