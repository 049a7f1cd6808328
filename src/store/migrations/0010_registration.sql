-- Lets its holder register clients, as long as the database is the one that it was made in.
create table initial_access_token (
  handle {bytes} primary key,
  realm {int64} not null,
  digest {bytes} not null unique,
  created_at {int64} not null,
  expires_at_s {int64} not null,
  uses_left {int64} not null,
  epoch {int64} not null
) {strict};
create index initial_access_token_by_realm on initial_access_token (realm, created_at);

-- Clients that registered themselves, by their handle; gone with the client.
create table client_registration (
  client {bytes} primary key,
  digest {bytes} not null,
  registered_by {bytes} not null,
  registered_at {int64} not null,
  about text not null
) {strict};
