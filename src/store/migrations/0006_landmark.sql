-- Counts starts, stops and minutes of service. Outside the database stands how far it had come: a copy of before is found out by it.
alter table meta add column landmark {int64} not null default 0;
