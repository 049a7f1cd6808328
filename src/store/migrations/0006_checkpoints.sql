-- How often SQLite's log was folded into the database: a log is worth nothing beside a database that was folded less often.
alter table meta add column checkpoints {int64} not null default 0;
