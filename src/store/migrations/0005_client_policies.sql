-- Most clients of a realm have the same policy: it is stored once. Never changed, so whoever knows an id knows what it says.
create table client_policy (
  id {int64} primary key,
  digest {bytes} not null unique,
  doc text not null
) {strict};
-- These stay as they are until their client is put again: no digest is that short.
insert into client_policy (id, digest, doc) select id, handle, doc from client;
alter table client add column policy {int64} not null default 0;
update client set policy = id;
alter table client drop column doc;
create index client_by_policy on client (policy);
-- Those that a client left: housekeeping looks whether any other has them. No key, so that nobody waits for another to add a row.
create table client_policy_left (
  policy {int64} not null
) {strict};

-- A request finds all that it needs of a client and its secrets in one page of each.
create index client_at_request on client (realm, client_id, removed, id, handle, enabled, is_public, not_before_s, revoked_seq, ended_seq,
                                          max_expiry_s, policy);
drop index client_secret_live;
create index client_secret_at_request on client_secret (client, deleted, id, handle, scheme, hash, hint, created_at, expires_at_s,
                                                        last_used_at_s, revoked_seq);
