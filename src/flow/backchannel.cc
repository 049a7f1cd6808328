#include "flow/backchannel.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace tessera::flow {
namespace {

using namespace std::chrono_literals;

/// A client that answers slowly keeps one of them for 3 s at a time.
constexpr int kThreads = 4;
/// Sessions end by the thousand when an operator ends a realm's.
constexpr std::size_t kJobsMax = 10'000;
/// Before the second try and before the third.
constexpr std::array kPauses{1s, 5s};

}  // namespace

void Backchannel::start() {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
}

void Backchannel::stop() {
  std::size_t unsaid = 0;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    unsaid = jobs_.size();
    jobs_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  if (unsaid > 0) services_.log.warning("backchannel_logout_unsaid", {{"jobs", std::to_string(unsaid)}, {"why", "the server stops"}});
}

void Backchannel::on_committed(const std::vector<store::Change>& changes) {
  for (const auto& change : changes) {
    const auto* const revoke = std::get_if<store::Revoke>(&change);
    const bool ends_sessions =
        revoke && revoke->ends && (revoke->kind == model::RevocationKind::session || revoke->kind == model::RevocationKind::user);
    if (ends_sessions) put({.what = Ending{revoke->kind, revoke->id}}, std::chrono::steady_clock::now());
  }
}

void Backchannel::put(Job job, Time due) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (jobs_.size() >= kJobsMax) {
      services_.metrics.add("tessera_backchannel_logout_dropped_total", 1);
      return;
    }
    jobs_.emplace(due, std::move(job));
  }
  changed_.notify_one();
}

void Backchannel::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (jobs_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Time due = jobs_.begin()->first;
    if (due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    Job job = std::move(jobs_.extract(jobs_.begin()).mapped());
    lock.unlock();
    carry_out(std::move(job));
    lock.lock();
  }
}

void Backchannel::carry_out(Job job) {
  const auto* const ending = std::get_if<Ending>(&job.what);
  const Outcome outcome = ending ? find_parties(*ending) : tell(std::get<store::SessionParty>(job.what));
  if (outcome == Outcome::done) return;
  if (outcome == Outcome::worth_another_try && job.tries < kPauses.size()) {
    const auto pause = kPauses[job.tries++];
    return put(std::move(job), std::chrono::steady_clock::now() + pause);
  }
  services_.metrics.add("tessera_backchannel_logout_failed_total", 1);
}

Backchannel::Outcome Backchannel::find_parties(const Ending& ending) {
  const auto parties = ending.kind == model::RevocationKind::session ? services_.sessions.parties_of_session(ending.id)
                                                                     : services_.sessions.parties_of_user(ending.id);
  if (!parties) {
    services_.log.warning("backchannel_logout_failed", {{"why", std::string(base::reason_name(parties.error().reason))}});
    return Outcome::worth_another_try;
  }
  for (const auto& party : keep_untold(*parties)) put({.what = party}, std::chrono::steady_clock::now());
  return Outcome::done;
}

/// With all sessions of a user those are found as well that ended so before, until they are swept.
std::vector<store::SessionParty> Backchannel::keep_untold(const std::vector<store::SessionParty>& parties) {
  std::vector<store::SessionParty> untold;
  const std::lock_guard lock(mutex_);
  std::ranges::copy_if(parties, std::back_inserter(untold), [&](const auto& party) { return told_.find(party.session) == nullptr; });
  for (const auto& party : untold) told_.put(party.session, true);
  return untold;
}

Backchannel::Outcome Backchannel::tell(const store::SessionParty& party) {
  const Turn turn{.now = services_.clock.now(), .lane = Lane::pool};
  const auto entry = services_.directory.client(turn, party.client);
  if (!entry) return entry.error().reason == Reason::client_unknown ? Outcome::done : Outcome::worth_another_try;
  const model::Client& client = (*entry)->client;
  const std::string& uri = client.policy->backchannel_logout_uri;
  const auto realm = services_.directory.realm(client.realm);
  if (uri.empty() || !realm) return Outcome::done;
  const auto token = services_.issuer.logout_token(*realm, client, {.user = party.user, .session = party.session}, turn.now);
  if (!token) {
    services_.log.error("backchannel_logout_failed", {{"client_id", client.client_id}, {"why", token.error().context}});
    return Outcome::failed;
  }
  // A JWT's characters need no encoding in a form.
  return judge(client, services_.outbound.post(uri, "application/x-www-form-urlencoded", "logout_token=" + *token));
}

Backchannel::Outcome Backchannel::judge(const model::Client& client, const Result<http::OutboundResponse>& answer) const {
  // 2.8: 200; frameworks that have nothing to say make it 204.
  if (answer && (answer->status == 200 || answer->status == 204)) {
    services_.metrics.add("tessera_backchannel_logout_delivered_total", 1);
    services_.log.debug("backchannel_logout_delivered", {{"client_id", client.client_id}});
    return Outcome::done;
  }
  const std::string why = answer ? "status " + std::to_string(answer->status)
                                 : std::string(base::reason_name(answer.error().reason)) + ": " + answer.error().context;
  services_.log.warning("backchannel_logout_failed",
                        {{"client_id", client.client_id}, {"uri", client.policy->backchannel_logout_uri}, {"why", why}});
  const bool may_pass = answer ? answer->status >= 500 || answer->status == 429 : answer.error().reason == Reason::outbound_failed;
  return may_pass ? Outcome::worth_another_try : Outcome::failed;
}

}  // namespace tessera::flow
