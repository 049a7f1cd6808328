-- What a user need not be asked again; what was allowed once stands in `scope` too.
alter table consent add column remembered_scope text not null default '';
update consent set remembered_scope = scope where remembered = 1;
