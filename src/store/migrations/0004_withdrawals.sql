-- What operators took back, in the order in which they did: see withdrawals.h. Never deleted, as the rows that it names.
create table withdrawal (
  number {int64} primary key,
  kind {int64} not null,
  id {bytes} not null
) {strict};
alter table meta add column last_withdrawal {int64} not null default 0;
