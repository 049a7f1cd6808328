-- Counts starts, stops and minutes of service, and names the database. Outside it stands how far which one had come: a copy of before, or
-- another database, is found out by that.
alter table meta add column landmark {int64} not null default 0;
alter table meta add column database_id {int64} not null default 0;
