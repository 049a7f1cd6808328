#include "store/sql_authorizations.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "store/code_terms.h"
#include "store/sql_rows.h"

namespace tessera::store {
namespace {

/// What a user's session gives is as good as the session: it says so in its own words.
Status as_session_ended(Status status) {
  if (!status && status.error().reason == Reason::refresh_ended) status.error().reason = Reason::session_ended;
  return status;
}

// Rows: r(ealm), c(lient), a(ccount), n, the session, and k, the consent. Nothing that the code descends from ended since :number.
#define TESSERA_STANDS                                                                                                             \
  "r.enabled = 1 and r.ended_seq <= :number and c.enabled = 1 and c.removed = 0 and c.ended_seq <= :number and a.enabled = 1 and " \
  "a.removed = 0 and a.ended_seq <= :number and n.ended_at_s = 0 and (n.expires_at_s = 0 or n.expires_at_s > :now_s) "             \
  "and r.ended_seq <= (n.rev & 1099511627775) and a.ended_seq <= (n.rev & 1099511627775) "                                         \
  "and (:consent is null or (k.withdrawn = 0 and k.ended_seq <= :number))"
static_assert(model::kRevNumberMask == 1'099'511'627'775);

constexpr std::string_view kPutCode =
    "insert into authorization_code (digest, client, account, session, consent, rev, expires_at_s, spent_at_s, doc) "
    "select :digest, c.id, a.id, n.handle, coalesce(k.id, 0), :rev, :expires_at_s, 0, :doc "
    "from session n join account a on a.id = n.account join client c on c.handle = :client join realm r on r.id = c.realm "
    "left join consent k on k.handle = :consent and k.client = c.id and k.account = a.id "
    "where n.handle = :session and a.handle = :account and r.id = :realm and a.realm = r.id and n.realm = r.id and " TESSERA_STANDS;
#undef TESSERA_STANDS

constexpr std::string_view kFindCode =
    "select c.realm, c.handle, a.handle, d.session, k.handle, d.rev, d.expires_at_s, d.spent_at_s, d.family, d.doc "
    "from authorization_code d join client c on c.id = d.client join account a on a.id = d.account "
    "left join consent k on k.id = d.consent where d.digest = :digest";

#define TESSERA_CONSENT_COLUMNS "k.handle, k.realm, a.handle, c.handle, k.scope, k.remembered, k.remembered_scope, k.granted_at "
constexpr std::string_view kFindConsent =
    "select " TESSERA_CONSENT_COLUMNS
    "from account a join client c on c.handle = :client "
    "join consent k on k.account = a.id and k.client = c.id and k.withdrawn = 0 where a.handle = :account";
constexpr std::string_view kConsentsOf =
    "select " TESSERA_CONSENT_COLUMNS
    "from account a join consent k on k.account = a.id and k.withdrawn = 0 "
    "join client c on c.id = k.client where a.handle = :account and c.removed = 0 order by k.granted_at desc limit 1000";
#undef TESSERA_CONSENT_COLUMNS

Result<model::Consent> consent_of(const Row& row) {
  return model::Consent{.handle = row.handle(0),
                        .realm = row.int64(1),
                        .user = row.handle(2),
                        .client = row.handle(3),
                        .scope = row.text(4),
                        .remembered = row.flag(5),
                        .remembered_scope = row.text(6),
                        .granted_at = row.time(7)};
}

Result<model::Consent> select_consent(Connection& connection, const Handle& user, const Handle& client) {
  return select_one<model::Consent>(connection, kFindConsent, {{"account", user}, {"client", client}}, consent_of);
}

/// The words of both, those of `kept` first.
std::string joined(const std::string& kept, std::string_view added) {
  std::string scope = kept;
  while (!added.empty()) {
    const auto end = std::min(added.find(' '), added.size());
    const auto word = added.substr(0, end);
    added.remove_prefix(std::min(end + 1, added.size()));
    if ((' ' + scope + ' ').find(' ' + std::string(word) + ' ') == std::string::npos) scope.append(scope.empty() ? "" : " ").append(word);
  }
  return scope;
}

}  // namespace

Status SqlAuthorizations::begin_session(const Turn& turn, const model::Session& session) {
  return as_session_ended(db_.write(turn.lane, turn.pause, [&](Connection& connection) { return insert_session(connection, session); }));
}

Status SqlAuthorizations::put_code(const Turn& turn, const model::AuthorizationCode& code) {
  const std::string doc = boost::json::serialize(to_json(code.terms));
  return db_.write(turn.lane, turn.pause, [&](Connection& connection) -> Status {
    const int inserted = TRY(connection.run(kPutCode, {{"digest", Bytes{code.digest}},
                                                       {"realm", code.realm},
                                                       {"client", code.client},
                                                       {"account", code.user},
                                                       {"session", code.session},
                                                       {"consent", code.consent},
                                                       {"rev", code.rev},
                                                       {"number", model::rev_number(code.rev)},
                                                       {"expires_at_s", code.expires_at_s},
                                                       {"now_s", base::to_s(turn.now)},
                                                       {"doc", doc}}));
    if (inserted == 0) return fail(Reason::session_ended, "realm, client, user, session or consent is disabled or was ended");
    return note_session_use(connection, code.session, turn.now);
  });
}

Result<model::AuthorizationCode> SqlAuthorizations::find_code(const Turn& turn, std::string_view digest) {
  auto found = read_value<model::AuthorizationCode>(db_, turn.lane, [&](Connection& connection) {
    return select_one<model::AuthorizationCode>(connection, kFindCode, {{"digest", Bytes{digest}}},
                                                [&](const Row& row) -> Result<model::AuthorizationCode> {
                                                  return model::AuthorizationCode{.digest = std::string(digest),
                                                                                  .realm = row.int64(0),
                                                                                  .client = row.handle(1),
                                                                                  .user = row.handle(2),
                                                                                  .session = row.handle(3),
                                                                                  .consent = row.handle(4),
                                                                                  .terms = TRY(code_terms_of(row.bytes(9))),
                                                                                  .expires_at_s = row.int64(6),
                                                                                  .rev = row.int64(5),
                                                                                  .spent = row.flag(7),
                                                                                  .family = row.handle(8)};
                                                });
  });
  if (!found && found.error().reason == Reason::record_missing) return fail(Reason::code_unknown);
  return found;
}

Status SqlAuthorizations::redeem(const Turn& turn, std::string_view digest, const std::optional<model::Session>& session,
                                 const model::Family& family) {
  return db_.write(turn.lane, turn.pause, [&](Connection& connection) -> Status {
    const int spent =
        TRY(connection.run("update authorization_code set spent_at_s = :now_s, family = :family where digest = :digest and spent_at_s = 0 "
                           "and expires_at_s > :now_s",
                           {{"now_s", base::to_s(turn.now)}, {"family", family.handle}, {"digest", Bytes{digest}}}));
    if (spent > 0) return sessions_.open_in(connection, session, family, turn.now);
    const auto was =
        TRY(select_number(connection, "select spent_at_s from authorization_code where digest = :digest", {{"digest", Bytes{digest}}}));
    return fail(was == 0 ? Reason::code_expired : Reason::code_spent);
  });
}

Status SqlAuthorizations::burn(const Turn& turn, std::string_view digest) {
  return db_.write(turn.lane, turn.pause, [&](Connection& connection) {
    return connection.execute("update authorization_code set spent_at_s = :now_s where digest = :digest and spent_at_s = 0",
                              {{"now_s", base::to_s(turn.now)}, {"digest", Bytes{digest}}});
  });
}

Result<model::Consent> SqlAuthorizations::find_consent(const Turn& turn, const Handle& user, const Handle& client) {
  return read_value<model::Consent>(db_, turn.lane, [&](Connection& connection) { return select_consent(connection, user, client); });
}

Result<model::Consent> SqlAuthorizations::grant_consent(const Turn& turn, const model::Consent& consent) {
  std::optional<model::Consent> granted;
  const Work job = [&](Connection& connection) -> Status {
    granted.reset();
    // A counter's row first: of two that grant the same at once, the second finds what the first has made.
    const auto id = TRY(select_number(connection, "update meta set last_id = last_id + 1 where one = 1 returning last_id", {}));
    auto present = select_consent(connection, consent.user, consent.client);
    if (!present && present.error().reason != Reason::record_missing) return std::unexpected(present.error());
    if (present) {
      present->scope = joined(present->scope, consent.scope);
      present->remembered |= consent.remembered;
      present->remembered_scope = joined(present->remembered_scope, consent.remembered_scope);
      granted = *present;
      return connection.execute(
          "update consent set scope = :scope, remembered = :remembered, remembered_scope = :remembered_scope where handle = :handle",
          {{"scope", present->scope},
           {"remembered", present->remembered},
           {"remembered_scope", present->remembered_scope},
           {"handle", present->handle}});
    }
    granted = consent;
    return change_one(
        connection,
        "insert into consent (id, handle, realm, account, client, scope, remembered, remembered_scope, granted_at, revoked_seq, "
        "ended_seq, withdrawn) select :id, :handle, c.realm, a.id, c.id, :scope, :remembered, :remembered_scope, :granted_at, "
        "0, 0, 0 "
        "from account a join client c on c.realm = a.realm "
        "where a.handle = :account and a.removed = 0 and c.handle = :client and c.removed = 0",
        {{"id", id},
         {"handle", consent.handle},
         {"scope", consent.scope},
         {"remembered", consent.remembered},
         {"remembered_scope", consent.remembered_scope},
         {"granted_at", consent.granted_at},
         {"account", consent.user},
         {"client", consent.client}});
  };
  TRY(db_.write(turn.lane, turn.pause, job));
  return std::move(*granted);
}

Result<std::vector<model::Consent>> SqlAuthorizations::consents_of(const Handle& user) {
  return read_value<std::vector<model::Consent>>(db_, Lane::pool, [&](Connection& connection) {
    return select_all<model::Consent>(connection, kConsentsOf, {{"account", user}}, consent_of);
  });
}

Result<int> SqlAuthorizations::sweep_codes(TimePoint before, int limit) {
  return write_value<int>(db_, Lane::pool, [&](Connection& connection) {
    return connection.run(
        "delete from authorization_code where digest in (select digest from authorization_code "
        "where expires_at_s < :before_s order by expires_at_s limit :limit)",
        {{"before_s", base::to_s(before)}, {"limit", limit}});
  });
}

}  // namespace tessera::store
