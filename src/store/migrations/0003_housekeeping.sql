-- What sweeping, pruning and folding look rows up by.
create index family_by_session on family (session) where session is not null;
create index journal_by_prune_time on journal (realm, prune_after_s) where prune_after_s > 0;
create index audit_event_by_time on audit_event (at);

-- When the last access token of the families that were swept below a session has expired.
alter table session add column max_expiry_s {int64} not null default 0;

-- The client of a revoked token; null where it is not known.
alter table journal add column client {bytes};
create index journal_tokens_by_client on journal (realm, client, number) where kind = 1;
