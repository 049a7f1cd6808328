-- Claims that are told beside the scope, with every token of the family (OpenID Connect Core, 5.5).
alter table family add column claims text not null default '';
