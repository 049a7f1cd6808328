#include "store/sql_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "store/sql_coverage.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;
/// How old last_used_at may grow where nothing depends on it.
constexpr std::int64_t kNoIdleSlackS = 60;

/// Nothing above the family ended since the numbers `family_number` and the session's own rev. Rows: r(ealm) c(lient) s(ecret) a(ccount)
/// and k, the consent, and n, the session.
std::string not_ended(std::string_view family_number, std::string_view session) {
  return fmt::format(
      "c.removed = 0 and coalesce(a.removed, 0) = 0 and r.ended_seq <= {0} and c.ended_seq <= {0} "
      "and coalesce(s.ended_seq, 0) <= {0} and coalesce(a.ended_seq, 0) <= {0} and coalesce(k.ended_seq, 0) <= {0} "
      "and ({1} is null or (n.ended_at_s = 0 and r.ended_seq <= (n.rev & {2}) and coalesce(a.ended_seq, 0) <= (n.rev & {2})))",
      family_number, session, model::kRevNumberMask);
}

constexpr std::string_view kEnabled = "r.enabled = 1 and c.enabled = 1 and coalesce(a.enabled, 1) = 1";
constexpr std::string_view kSessionUnexpired = "(coalesce(n.expires_at_s, 0) = 0 or n.expires_at_s > :now_s)";

constexpr std::string_view kAbove =
    "join realm r on r.id = c.realm left join client_secret s on s.id = family.secret "
    "left join account a on a.id = family.account left join consent k on k.id = family.consent "
    "left join session n on n.handle = family.session";

/// What family_of reads. The five handles and `ended` are found by joins in a select, by subqueries in a returning.
std::string family_columns(std::string_view realm, std::string_view client, std::string_view secret, std::string_view account,
                           std::string_view consent, std::string_view ended) {
  return fmt::format(
      "family.handle, {}, {}, {}, {}, {}, family.session, family.mode, family.generation, family.nonce, family.scope, family.created_at, "
      "family.last_used_at, family.expires_at_s, family.idle_ttl_s, family.rev, {}, family.claims",
      realm, client, secret, account, consent, ended);
}

model::Family family_of(const Row& row) {
  return {.handle = row.handle(0),
          .realm = row.int64(1),
          .client = row.handle(2),
          .secret = row.handle(3),
          .user = row.handle(4),
          .session = row.handle(6),
          .consent = row.handle(5),
          .mode = static_cast<model::RefreshMode>(row.int64(7)),
          .generation = row.int64(8),
          .nonce = row.handle(9),
          .scope = row.text(10),
          .claims = row.text(17),
          .created_at = row.time(11),
          .last_used_at = row.time(12),
          .expires_at_s = row.int64(13),
          .idle_ttl_s = row.int64(14),
          .rev = row.int64(15),
          .ended = row.flag(16)};
}

std::string select_session() {
  return fmt::format(
      "select n.handle, n.realm, a.handle, n.created_at, n.last_used_at, n.expires_at_s, n.rev, "
      "case when n.ended_at_s = 0 and coalesce(a.removed, 0) = 0 and r.ended_seq <= (n.rev & {0}) "
      "and coalesce(a.ended_seq, 0) <= (n.rev & {0}) then 0 else 1 end "
      "from session n join realm r on r.id = n.realm left join account a on a.id = n.account ",
      model::kRevNumberMask);
}

Result<model::Session> session_of(const Row& row) {
  return model::Session{.handle = row.handle(0),
                        .realm = row.int64(1),
                        .user = row.handle(2),
                        .created_at = row.time(3),
                        .last_used_at = row.time(4),
                        .expires_at_s = row.int64(5),
                        .rev = row.int64(6),
                        .ended = row.flag(7)};
}

std::string select_parties() {
  return "select distinct n.handle, a.handle, c.handle from session n join account a on a.id = n.account "
         "join family f on f.session = n.handle join client c on c.id = f.client ";
}

Result<SessionParty> party_of(const Row& row) { return SessionParty{row.handle(0), row.handle(1), row.handle(2)}; }

/// A family as its row has it, and the ids of those whom it names.
struct RotationStart {
  std::int64_t client_id = 0;
  std::int64_t secret_id = 0;
  std::int64_t account_id = 0;
  std::int64_t consent_id = 0;
  FamilyInSession found;
};

Result<RotationStart> rotation_start_of(const Row& row) {
  RotationStart start{
      .client_id = row.int64(0), .secret_id = row.int64(1), .account_id = row.int64(2), .consent_id = row.int64(20), .found = {}};
  model::Family& family = start.found.family;
  family.session = row.handle(3);
  family.mode = static_cast<model::RefreshMode>(row.int64(4));
  family.generation = row.int64(5);
  family.nonce = row.handle(6);
  family.scope = row.text(7);
  family.claims = row.text(21);
  family.created_at = row.time(8);
  family.last_used_at = row.time(9);
  family.expires_at_s = row.int64(10);
  family.idle_ttl_s = row.int64(11);
  family.rev = row.int64(12);
  family.ended = row.flag(13);
  const bool has_session = row.flag(14);
  if (!has_session) return start;
  model::Session& session = start.found.session.emplace();
  session.created_at = row.time(15);
  session.last_used_at = row.time(16);
  session.expires_at_s = row.int64(17);
  session.rev = row.int64(18);
  session.ended = row.flag(19);
  return start;
}

/// How old last_used_at may grow before it is written again.
std::int64_t slack_s(const model::Family& family) {
  return family.idle_ttl_s > 0 ? family.idle_ttl_s / model::kIdleSlackParts : kNoIdleSlackS;
}

Status require_inserted(int rows) {
  if (rows == 0) return fail(Reason::refresh_ended, "realm, client, secret, user or session is disabled or was ended");
  return {};
}

}  // namespace

Status insert_session(Connection& connection, const model::Session& session) {
  return require_inserted(
      TRY(connection.run("insert into session (handle, realm, account, created_at, last_used_at, expires_at_s, rev, ended_at_s) "
                         "select :handle, r.id, coalesce(a.id, 0), :created_at, :last_used_at, :expires_at_s, :rev, 0 "
                         "from realm r left join account a on a.handle = :account and a.realm = r.id "
                         "where r.id = :realm and r.enabled = 1 and r.ended_seq <= :number "
                         "and (:account is null or (a.enabled = 1 and a.removed = 0 and a.ended_seq <= :number))",
                         {{"handle", session.handle},
                          {"realm", session.realm},
                          {"account", session.user},
                          {"created_at", session.created_at},
                          {"last_used_at", session.last_used_at},
                          {"expires_at_s", session.expires_at_s},
                          {"rev", session.rev},
                          {"number", model::rev_number(session.rev)}})));
}

namespace {

Status insert_family(Connection& connection, std::string_view sql, const model::Family& family, TimePoint now) {
  return require_inserted(TRY(connection.run(sql, {{"handle", family.handle},
                                                   {"realm", family.realm},
                                                   {"client", family.client},
                                                   {"secret", family.secret},
                                                   {"account", family.user},
                                                   {"session", family.session},
                                                   {"consent", family.consent},
                                                   {"mode", static_cast<std::int64_t>(family.mode)},
                                                   {"generation", family.generation},
                                                   {"nonce", family.nonce},
                                                   {"scope", family.scope},
                                                   {"claims", family.claims},
                                                   {"created_at", family.created_at},
                                                   {"last_used_at", family.last_used_at},
                                                   {"expires_at_s", family.expires_at_s},
                                                   {"idle_ttl_s", family.idle_ttl_s},
                                                   {"rev", family.rev},
                                                   {"number", model::rev_number(family.rev)},
                                                   {"now_s", base::to_s(now)}})));
}

/// The row after its move. A returning clause would say it as well, and double what the statement costs.
model::Family moved_on(const model::Family& found, std::int64_t shown, TimePoint now) {
  model::Family family = found;
  family.generation = shown + 1;
  family.last_used_at = std::max(found.last_used_at, now);
  return family;
}

/// Whether the token before the present one was shown in the same way. On a row that last rotated before this was kept: yes.
Result<bool> shown_alike(Connection& connection, const Handle& family, const Showing& shown) {
  bool alike = false;
  TRY(connection.execute("select 1 from family where handle = :handle and (shown_by is null or shown_by = :shown_by)",
                         {{"handle", family}, {"shown_by", shown.by}}, [&](const Row&) { alike = true; }));
  return alike;
}

}  // namespace

struct SqlSessions::Judged {
  model::Family family;
  bool enabled;
  std::int64_t session_expires_at_s;

  Status require_live(TimePoint now) const {
    const auto past = [&](std::int64_t at_s) { return at_s != 0 && base::to_s(now) >= at_s; };
    if (family.ended) return fail(Reason::refresh_ended);
    if (!enabled) return fail(Reason::refresh_ended, "realm, client or user is disabled");
    if (past(family.expires_at_s) || past(session_expires_at_s) || model::idle_too_long(family, now)) return fail(Reason::refresh_expired);
    return {};
  }
};

struct SqlSessions::Texts {
  /// The condition of every write that uses a family, under its key. :idle_us is a second of idle time with its slack.
  const std::string live = fmt::format(
      "family.ended_at_s = 0 and (family.expires_at_s = 0 or family.expires_at_s > :now_s) "
      "and (family.idle_ttl_s = 0 or family.last_used_at + family.idle_ttl_s * :idle_us > :now) "
      "and exists (select 1 from client c {} where c.id = family.client and {} and {} and {})",
      kAbove, kEnabled, kSessionUnexpired, not_ended(fmt::format("(family.rev & {})", model::kRevNumberMask), "family.session"));
  const std::string returning = " returning " + family_columns("(select realm from client where id = family.client)",
                                                               "(select handle from client where id = family.client)",
                                                               "(select handle from client_secret where id = family.secret)",
                                                               "(select handle from account where id = family.account)",
                                                               "(select handle from consent where id = family.consent)", "0");
  const std::string select =
      fmt::format("select {}, case when {} then 1 else 0 end, n.expires_at_s from family join client c on c.id = family.client {} ",
                  family_columns("c.realm", "c.handle", "s.handle", "a.handle", "k.handle",
                                 fmt::format("case when family.ended_at_s = 0 and {} then 0 else 1 end",
                                             not_ended(fmt::format("(family.rev & {})", model::kRevNumberMask), "family.session"))),
                  kEnabled, kAbove);

  const std::string open = fmt::format(
      "insert into family (handle, client, secret, account, consent, session, mode, generation, nonce, scope, claims, created_at, "
      "last_used_at, "
      "expires_at_s, idle_ttl_s, rev, ended_at_s) "
      "select :handle, c.id, coalesce(s.id, 0), coalesce(a.id, 0), coalesce(k.id, 0), :session, :mode, :generation, :nonce, :scope, "
      ":claims, :created_at, "
      ":last_used_at, :expires_at_s, :idle_ttl_s, :rev, 0 "
      "from client c join realm r on r.id = c.realm left join client_secret s on s.handle = :secret and s.client = c.id "
      "left join account a on a.handle = :account and a.realm = r.id left join session n on n.handle = :session "
      "left join consent k on k.handle = :consent and k.client = c.id and k.account = a.id "
      "where c.handle = :client and r.id = :realm and (:secret is null or s.deleted = 0) and (:account is null or a.id is not null) "
      "and (:consent is null or k.id is not null) "
      "and {} and {} and {}",
      kEnabled, kSessionUnexpired, not_ended(":number", ":session"));
  const std::string find = select + "where family.handle = :handle";
  const std::string find_for_rotation =
      "select family.client, family.secret, family.account, family.session, family.mode, family.generation, family.nonce, family.scope, "
      "family.created_at, family.last_used_at, family.expires_at_s, family.idle_ttl_s, family.rev, family.ended_at_s, "
      "case when n.handle is null then 0 else 1 end, n.created_at, n.last_used_at, n.expires_at_s, n.rev, n.ended_at_s, family.consent, "
      "family.claims "
      "from family left join session n on n.handle = family.session where family.handle = :handle";
  const std::string rotate =
      "update family set generation = generation + 1, last_used_at = case when last_used_at > :now then last_used_at else :now end, "
      "shown_by = :shown_by where handle = :handle and generation = :shown and " +
      live;
  const std::string touch =
      "update family set last_used_at = case when last_used_at > :now then last_used_at else :now end where handle = :handle and " + live +
      returning;
  const std::string find_session = select_session() + "where n.handle = :handle";
  const std::string parties_of_session = select_parties() + "where f.session = :session limit 1000";
  const std::string parties_of_user =
      select_parties() +
      fmt::format("where a.handle = :account and n.ended_at_s = 0 and a.ended_seq > (n.rev & {}) limit 1000", model::kRevNumberMask);
  const std::string sessions_of = select_session() + "where a.handle = :account order by n.created_at desc limit 1000";
};

Status note_session_use(Connection& connection, const Handle& session, TimePoint now) {
  return connection.execute("update session set last_used_at = :now where handle = :handle and last_used_at < :now",
                            {{"now", now}, {"handle", session}});
}

SqlSessions::SqlSessions(Db& db, JournalGuard& guard) : db_(db), guard_(guard), texts_(std::make_shared<const Texts>()), sweeper_(db) {}

Status SqlSessions::open(const Turn& turn, const std::optional<model::Session>& session, const model::Family& family) {
  return db_.write(turn.lane, turn.pause, [&](Connection& connection) { return open_in(connection, session, family, turn.now); });
}

Status SqlSessions::open_in(Connection& connection, const std::optional<model::Session>& session, const model::Family& family,
                            TimePoint now) const {
  if (session) TRY(insert_session(connection, *session));
  return insert_family(connection, texts_->open, family, now);
}

Result<SqlSessions::Judged> SqlSessions::judge(Connection& connection, const Handle& family) const {
  auto judged = select_one<Judged>(connection, texts_->find, {{"handle", family}},
                                   [](const Row& row) -> Result<Judged> { return Judged{family_of(row), row.flag(18), row.int64(19)}; });
  if (!judged && judged.error().reason == Reason::record_missing) return fail(Reason::refresh_unknown);
  return judged;
}

Result<model::Family> SqlSessions::find_family(const Turn& turn, const Handle& family) {
  return read_value<model::Family>(db_, turn.lane,
                                   [&](Connection& connection) -> Result<model::Family> { return TRY(judge(connection, family)).family; });
}

Result<model::Session> SqlSessions::find_session(const Turn& turn, const Handle& session) {
  return read_value<model::Session>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::Session>(connection, texts_->find_session, {{"handle", session}}, session_of);
  });
}

/// Only the rows that change are read: whom their ids name is remembered.
Result<FamilyInSession> SqlSessions::find_for_rotation(const Turn& turn, const Handle& handle) {
  auto found = read_value<FamilyInSession>(db_, turn.lane, [&](Connection& connection) -> Result<FamilyInSession> {
    auto start = TRY(select_one<RotationStart>(connection, texts_->find_for_rotation, {{"handle", handle}}, rotation_start_of));
    const auto client = TRY(names_.find(connection, LineageNames::Table::client, start.client_id));
    model::Family& family = start.found.family;
    family.handle = handle;
    family.realm = client.realm;
    family.client = client.handle;
    family.secret = TRY(names_.find(connection, LineageNames::Table::client_secret, start.secret_id)).handle;
    family.user = TRY(names_.find(connection, LineageNames::Table::account, start.account_id)).handle;
    family.consent = TRY(names_.find(connection, LineageNames::Table::consent, start.consent_id)).handle;
    if (auto& session = start.found.session) {
      session->handle = family.session;
      session->realm = family.realm;
      session->user = family.user;
    }
    return std::move(start.found);
  });
  if (!found && found.error().reason == Reason::record_missing) return fail(Reason::refresh_unknown);
  return found;
}

Result<Rotation> SqlSessions::rotate(const Turn& turn, const model::Family& family, const Showing& shown, int leeway_s,
                                     std::vector<model::RevocationEvent>& ended) {
  std::optional<Rotation> rotation;
  std::optional<model::RevocationEvent> reuse;
  const Work job = [&](Connection& connection) -> Status {
    rotation.reset();
    reuse.reset();
    const int moved = TRY(connection.run(texts_->rotate, {{"handle", family.handle},
                                                          {"shown", shown.generation},
                                                          {"shown_by", shown.by},
                                                          {"now", turn.now},
                                                          {"now_s", base::to_s(turn.now)},
                                                          {"idle_us", kUsPerS}}));
    if (moved > 0) {
      rotation = Rotation{moved_on(family, shown.generation, turn.now), true};
      return shown.notes_session ? note_session_use(connection, family.session, turn.now) : Status{};
    }
    auto judged = TRY(judge(connection, family.handle));
    TRY(judged.require_live(turn.now));
    const auto& row = judged.family;
    if (shown.generation > row.generation) return fail(Reason::refresh_ahead);
    const auto since_move_us = std::abs(base::to_us(turn.now) - base::to_us(row.last_used_at));
    // On PostgreSQL something above the family may be enabled again between the two statements.
    if (shown.generation == row.generation) return fail(Reason::store_unavailable, "the family changed meanwhile");
    const bool within_leeway = shown.generation + 1 == row.generation && leeway_s > 0 && since_move_us <= leeway_s * kUsPerS;
    if (within_leeway && TRY(shown_alike(connection, family.handle, shown))) {
      rotation = Rotation{std::move(judged.family), false};
      return {};
    }
    reuse = TRY(end_reused(connection, turn.now, row));
    return {};
  };
  TRY(db_.write(turn.lane, turn.pause, job));
  if (rotation) return std::move(*rotation);
  ended.push_back(*reuse);
  TRY(guard_.note({*reuse}));
  return fail(Reason::refresh_reused);
}

Result<model::RevocationEvent> SqlSessions::end_reused(Connection& connection, TimePoint now, const model::Family& family) const {
  const auto marked = change_one(connection, "update family set ended_at_s = :now_s where handle = :handle and ended_at_s = 0",
                                 {{"now_s", base::to_s(now)}, {"handle", family.handle}});
  if (!marked)
    return fail(marked.error().reason == Reason::record_missing ? Reason::refresh_ended : marked.error().reason, marked.error().context);
  model::RevocationEvent event{.realm = family.realm, .kind = model::RevocationKind::family, .id = family.handle, .at = now};
  event.prune_after_s = TRY(last_token_expiry_s(connection, family.client, now));
  TRY(append_entry(connection, event));
  return event;
}

Result<model::Family> SqlSessions::touch(const Turn& turn, const Handle& handle, bool notes_session) {
  const auto judged = TRY(read_value<Judged>(db_, turn.lane, [&](Connection& connection) { return judge(connection, handle); }));
  TRY(judged.require_live(turn.now));
  if (turn.now - judged.family.last_used_at <= std::chrono::seconds(slack_s(judged.family))) return judged.family;

  const bool exact = judged.family.mode == model::RefreshMode::rotate;
  const std::int64_t idle_us = exact ? kUsPerS : kUsPerS + kUsPerS / model::kIdleSlackParts;
  std::optional<model::Family> family;
  const Work job = [&](Connection& connection) -> Status {
    family.reset();
    const RowSink touched = [&](const Row& row) { family = family_of(row); };
    TRY(connection.execute(texts_->touch, {{"handle", handle}, {"now", turn.now}, {"now_s", base::to_s(turn.now)}, {"idle_us", idle_us}},
                           touched));
    if (!family) {
      const auto now_judged = TRY(judge(connection, handle));
      TRY(now_judged.require_live(turn.now));
      return fail(Reason::refresh_ended);
    }
    return notes_session && family->session ? note_session_use(connection, family->session, turn.now) : Status{};
  };
  TRY(db_.write(turn.lane, turn.pause, job));
  return std::move(*family);
}

Result<std::vector<model::Session>> SqlSessions::sessions_of(const Handle& user) {
  return read_value<std::vector<model::Session>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<model::Session>(connection, texts_->sessions_of, {{"account", user}}, session_of);
  });
}

Result<std::vector<SessionParty>> SqlSessions::parties_of_session(const Handle& session) {
  return read_value<std::vector<SessionParty>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<SessionParty>(connection, texts_->parties_of_session, {{"session", session}}, party_of);
  });
}

Result<std::vector<SessionParty>> SqlSessions::parties_of_user(const Handle& user) {
  return read_value<std::vector<SessionParty>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<SessionParty>(connection, texts_->parties_of_user, {{"account", user}}, party_of);
  });
}

}  // namespace tessera::store
