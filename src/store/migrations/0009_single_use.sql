-- What counts once and was shown, by kind and the SHA-256 of what tells it apart, until it is worth nothing anyway. `shown_by` is the
-- request that showed it.
create table single_use (
  kind {int64} not null,
  digest {bytes} not null,
  expires_at_s {int64} not null,
  shown_by text not null,
  primary key (kind, digest)
) {strict};
create index single_use_by_expiry on single_use (expires_at_s);
