-- Authorization codes, by the SHA-256 of the code. A spent one stays for a while: whoever shows it again ends what it was redeemed for.
create table authorization_code (
  digest {bytes} primary key,
  client {int64} not null,
  account {int64} not null,
  session {bytes} not null,
  consent {int64} not null,
  rev {int64} not null,
  expires_at_s {int64} not null,
  spent_at_s {int64} not null,
  family {bytes},
  doc text not null
) {strict};
create index authorization_code_by_expiry on authorization_code (expires_at_s);

-- What a user lets a client do. Named by lineage, so rows are never deleted; one that was withdrawn makes room for another.
create table consent (
  id {int64} primary key,
  handle {bytes} not null unique,
  realm {int64} not null,
  account {int64} not null,
  client {int64} not null,
  scope text not null,
  remembered {int64} not null,
  granted_at {int64} not null,
  revoked_seq {int64} not null,
  ended_seq {int64} not null,
  withdrawn {int64} not null
) {strict};
create unique index consent_in_force on consent (account, client) where withdrawn = 0;

alter table family add column consent {int64} not null default 0;
