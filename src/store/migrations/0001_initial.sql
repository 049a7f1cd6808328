-- Rows that lineage names (realm, client, client_secret, account) are never deleted, so their ids and handles are never used twice.
create table realm (
  id {int64} primary key,
  handle {bytes} not null unique,
  name text not null unique,
  enabled {int64} not null,
  not_before_s {int64} not null,
  revoked_seq {int64} not null,
  ended_seq {int64} not null,
  journal_head {int64} not null,
  doc text not null
) {strict};

create table client (
  id {int64} primary key,
  handle {bytes} not null unique,
  realm {int64} not null,
  client_id text not null,
  enabled {int64} not null,
  is_public {int64} not null,
  not_before_s {int64} not null,
  revoked_seq {int64} not null,
  ended_seq {int64} not null,
  max_expiry_s {int64} not null,
  removed {int64} not null,
  doc text not null
) {strict};
create unique index client_by_name on client (realm, client_id) where removed = 0;

create table client_secret (
  id {int64} primary key,
  handle {bytes} not null unique,
  client {int64} not null,
  scheme {int64} not null,
  hash {bytes} not null,
  hint text not null,
  created_at {int64} not null,
  expires_at_s {int64} not null,
  last_used_at_s {int64} not null,
  revoked_seq {int64} not null,
  ended_seq {int64} not null,
  deleted {int64} not null
) {strict};
create index client_secret_live on client_secret (client) where deleted = 0;

-- `username_key` is the name in lower case, by which it is looked up and unique.
create table account (
  id {int64} primary key,
  handle {bytes} not null unique,
  realm {int64} not null,
  username text not null,
  username_key text not null,
  enabled {int64} not null,
  password_record text not null,
  not_before_s {int64} not null,
  revoked_seq {int64} not null,
  ended_seq {int64} not null,
  removed {int64} not null,
  doc text not null
) {strict};
create unique index account_by_name on account (realm, username_key) where removed = 0;

create table session (
  handle {bytes} primary key,
  realm {int64} not null,
  account {int64} not null,
  created_at {int64} not null,
  last_used_at {int64} not null,
  expires_at_s {int64} not null,
  rev {int64} not null,
  ended_at_s {int64} not null
) {strict};
create index session_by_account on session (account);

-- The one table that grows with use: it names client, secret and account by their small ids. 0: none.
create table family (
  handle {bytes} primary key,
  client {int64} not null,
  secret {int64} not null,
  account {int64} not null,
  session {bytes},
  mode {int64} not null,
  generation {int64} not null,
  nonce {bytes} not null,
  scope text not null,
  created_at {int64} not null,
  last_used_at {int64} not null,
  expires_at_s {int64} not null,
  idle_ttl_s {int64} not null,
  rev {int64} not null,
  ended_at_s {int64} not null
) {strict};
create index family_by_client on family (client, handle);

create table journal (
  realm {int64} not null,
  number {int64} not null,
  kind {int64} not null,
  id {bytes} not null,
  at {int64} not null,
  iat_before_s {int64} not null,
  prune_after_s {int64} not null,
  primary key (realm, number)
) {strict};

create table signing_key (
  realm {int64} not null,
  kid text not null,
  alg text not null,
  purpose text not null,
  state {int64} not null,
  public_jwk text not null,
  sealed {bytes} not null,
  created_at {int64} not null,
  verify_until_s {int64} not null,
  primary key (realm, kid)
) {strict};

create table audit_event (
  realm {int64} not null,
  at {int64} not null,
  actor text not null,
  action text not null,
  object text not null,
  request_id text not null,
  detail text not null
) {strict};
create index audit_event_by_realm on audit_event (realm, at);
